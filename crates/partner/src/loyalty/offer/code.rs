//! What does a scanned code mean, and may it be used now?

use super::reason::Reason;
use crate::loyalty::people::code::CodeStatus;
use crate::loyalty::people::member::MemberStatus;
use jiff::Timestamp;
use jiff::civil::Date;
use std::sync::Arc;
use wire::loyalty::ThirdPartyLoyaltyOfferRequest;

/// A code of this merchant with what stands behind it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KnownCode {
    /// What was scanned: as in the request, where it may stand behind an address or between spaces.
    pub(crate) scanned: String,
    /// As it is kept; empty for a member who was found by a contact.
    pub(crate) code: String,
    /// Whether it may be used.
    pub(crate) status: CodeStatus,
    /// Usable from this instant on.
    pub(crate) valid_from: Option<Timestamp>,
    /// Usable before this instant.
    pub(crate) valid_until: Option<Timestamp>,
    /// What it opens.
    pub(crate) meaning: Meaning,
}

/// What a code opens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Meaning {
    /// A member's balances.
    Card(Arc<Member>),
    /// One balance, whoever carries the code.
    Voucher {
        /// Its id.
        balance_id: String,
    },
    /// A promotion.
    Promotion {
        /// Its id.
        promotion_id: String,
    },
    /// A top-up: of this balance, or of the member's.
    TopUp {
        /// Its id.
        balance_id: Option<String>,
    },
    /// A contact that several members have.
    Ambiguous,
}

/// A member as an offer shows one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Opaque.
    pub(crate) member_id: String,
    /// Whether the member may use balances.
    pub(crate) status: MemberStatus,
    /// First and last name.
    pub(crate) full_name: Option<String>,
    /// The tier's name.
    pub(crate) tier: Option<String>,
    /// When the tier is to be judged by itself.
    pub(crate) tier_until: Option<Timestamp>,
    /// What the merchant says of the member.
    pub(crate) tags: Vec<String>,
    /// Where the member told it.
    pub(crate) birth_date: Option<Date>,
    /// Paid bills so far; 0 where no promotion of the program asks for them.
    pub(crate) orders: i64,
    /// Members that were merged into this one.
    pub(crate) aliases: Vec<String>,
}

impl KnownCode {
    /// Whether the code itself (and the member behind a card) may be used at `now`.
    ///
    /// # Errors
    /// The reason why not.
    pub(crate) fn standing(&self, now: Timestamp) -> Result<(), Reason> {
        if let Meaning::Card(member) = &self.meaning {
            match member.status {
                MemberStatus::Active => {}
                MemberStatus::Frozen => return Err(Reason::Frozen),
                MemberStatus::Merged | MemberStatus::Erased => return Err(Reason::NotFound),
            }
        }
        match self.status {
            CodeStatus::Frozen => return Err(Reason::Frozen),
            CodeStatus::Used => return Err(Reason::AlreadyUsed),
            CodeStatus::Active | CodeStatus::Inactive => {}
        }
        if self.valid_until.is_some_and(|until| now >= until) {
            return Err(Reason::Expired);
        }
        if self.valid_from.is_some_and(|from| now < from) {
            return Err(Reason::NotYetValid);
        }
        if self.status == CodeStatus::Inactive {
            return Err(Reason::Inactive);
        }
        Ok(())
    }
}

/// The known code behind a text of the request.
pub(crate) fn find<'a>(codes: &'a [KnownCode], input_code: &str) -> Option<&'a KnownCode> {
    codes.iter().find(|known| known.scanned == input_code)
}

/// Whose check this is: the member of the first usable card in the request.
pub(crate) fn member_of<'a>(
    request: &ThirdPartyLoyaltyOfferRequest,
    codes: &'a [KnownCode],
    now: Timestamp,
) -> Option<&'a Arc<Member>> {
    request.benefit_inputs.iter().find_map(|input| {
        let known = find(codes, &input.input_code)?;
        match &known.meaning {
            Meaning::Card(member) if known.standing(now).is_ok() => Some(member),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_why_it_cannot_be_used() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let code = |status, from: Option<i64>, until: Option<i64>| KnownCode {
            scanned: "v".to_owned(),
            code: "v".to_owned(),
            status,
            valid_from: from.map(at),
            valid_until: until.map(at),
            meaning: Meaning::Voucher { balance_id: "b".to_owned() },
        };
        for (status, from, until, now, standing) in [
            (CodeStatus::Active, None, None, 5, Ok(())),
            (CodeStatus::Active, Some(5), Some(6), 5, Ok(())),
            (CodeStatus::Active, Some(6), None, 5, Err(Reason::NotYetValid)),
            (CodeStatus::Active, None, Some(5), 5, Err(Reason::Expired)),
            (CodeStatus::Inactive, None, None, 5, Err(Reason::Inactive)),
            (CodeStatus::Inactive, None, Some(5), 5, Err(Reason::Expired)),
            (CodeStatus::Used, None, Some(5), 5, Err(Reason::AlreadyUsed)),
            (CodeStatus::Frozen, Some(6), None, 5, Err(Reason::Frozen)),
        ] {
            assert_eq!(
                code(status, from, until).standing(at(now)),
                standing,
                "{status:?} {from:?} {until:?}"
            );
        }
    }

    #[test]
    fn an_erased_members_card_is_nobodys() {
        let member = |status| KnownCode {
            scanned: "c".to_owned(),
            code: "c".to_owned(),
            status: CodeStatus::Active,
            valid_from: None,
            valid_until: None,
            meaning: Meaning::Card(Arc::new(Member {
                member_id: "m".to_owned(),
                status,
                full_name: None,
                tier: None,
                tier_until: None,
                tags: Vec::new(),
                birth_date: None,
                orders: 0,
                aliases: Vec::new(),
            })),
        };
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(member(MemberStatus::Erased).standing(now), Err(Reason::NotFound));
        assert_eq!(member(MemberStatus::Merged).standing(now), Err(Reason::NotFound));
        assert_eq!(member(MemberStatus::Frozen).standing(now), Err(Reason::Frozen));
        assert_eq!(member(MemberStatus::Active).standing(now), Ok(()));
    }
}
