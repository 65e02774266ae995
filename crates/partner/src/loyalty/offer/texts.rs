//! Which fixed words does an offer use, in which language?
//!
//! One table, four languages. A merchant's own titles go before these (see [`pick`]).

use super::reason::Reason;
use std::collections::BTreeMap;
use wire::loyalty::BalanceType;

/// A language the fixed texts exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// Czech.
    Cs,
    /// Slovak.
    Sk,
    /// German.
    De,
    /// English, also for every language that is not here.
    En,
}

impl Language {
    /// Reads `cs`, `cs-CZ`, `CS_cz`; anything else is English.
    pub(crate) fn of(tag: &str) -> Self {
        match primary(tag).as_str() {
            "cs" => Self::Cs,
            "sk" => Self::Sk,
            "de" => Self::De,
            _ => Self::En,
        }
    }

    fn column(self) -> usize {
        match self {
            Self::Cs => 0,
            Self::Sk => 1,
            Self::De => 2,
            Self::En => 3,
        }
    }

    /// Decimal text as it is written in this language.
    pub(crate) fn number(self, text: &str) -> String {
        match self {
            Self::En => text.to_owned(),
            Self::Cs | Self::Sk | Self::De => text.replace('.', ","),
        }
    }
}

/// The language part of a tag, in lower case: `cs` of `cs-CZ`.
fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

/// A merchant's own text for a language: the language's, else English, else any.
pub(crate) fn pick<'a>(titles: &'a BTreeMap<String, String>, tag: &str) -> Option<&'a str> {
    titles
        .get(&primary(tag))
        .or_else(|| titles.get("en"))
        .or_else(|| titles.values().next())
        .map(String::as_str)
        .filter(|text| !text.is_empty())
}

/// A fixed text. `{}` in the table stands for what the caller fills in, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text {
    /// A customer's card.
    Card,
    /// A voucher without a title of its own.
    Voucher,
    /// A code nobody knows.
    UnknownCode,
    /// A promotion without a title of its own.
    Discount,
    /// What the balance types are called.
    Balance(BalanceType),
    /// Why a code is not applicable.
    Refusal(Reason),
    /// Title; how much of it another check holds.
    PartlyReserved,
    /// Title; all of it is held by another check.
    WhollyReserved,
    /// The basket only gives things back.
    OnlyReturned,
    /// Basket's currency; the merchant's currency.
    OtherCurrency,
    /// Amount missing with its currency; title of what the guest would get.
    AlmostThere,
}

impl Text {
    /// The words.
    pub(crate) fn in_language(self, language: Language) -> &'static str {
        self.row()[language.column()]
    }

    /// The words with their gaps filled, in order.
    pub(crate) fn filled(self, language: Language, gaps: &[&str]) -> String {
        let mut parts = self.in_language(language).split("{}");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for (index, part) in parts.enumerate() {
            text.push_str(gaps.get(index).copied().unwrap_or_default());
            text.push_str(part);
        }
        text
    }

    /// Czech, Slovak, German, English.
    fn row(self) -> [&'static str; 4] {
        match self {
            Self::Card => ["Zákaznická karta", "Zákaznícka karta", "Kundenkarte", "Customer card"],
            Self::Voucher => ["Poukaz", "Poukaz", "Gutschein", "Voucher"],
            Self::UnknownCode => ["Kód", "Kód", "Code", "Code"],
            Self::Discount => ["Sleva", "Zľava", "Rabatt", "Discount"],
            Self::Balance(BalanceType::SinglePurposePrepaidVoucher) => {
                ["Jednoúčelový poukaz", "Jednoúčelový poukaz", "Einzweckgutschein", "Single-purpose voucher"]
            }
            Self::Balance(BalanceType::MultiPurposePrepaidVoucher) => {
                ["Dárkový poukaz", "Darčekový poukaz", "Geschenkgutschein", "Gift voucher"]
            }
            Self::Balance(BalanceType::CollectablePoints) => ["Body", "Body", "Punkte", "Points"],
            Self::Balance(BalanceType::PrepaidCredit) => ["Kredit", "Kredit", "Guthaben", "Credit"],
            Self::Refusal(reason) => refusal(reason),
            Self::PartlyReserved => [
                "{}: {} je rezervováno na jiném účtu",
                "{}: {} je rezervované na inom účte",
                "{}: {} ist für eine andere Rechnung reserviert",
                "{}: {} is reserved by another check",
            ],
            Self::WhollyReserved => [
                "{}: vše je rezervováno na jiném účtu",
                "{}: všetko je rezervované na inom účte",
                "{}: alles ist für eine andere Rechnung reserviert",
                "{}: all of it is reserved by another check",
            ],
            Self::OnlyReturned => [
                "Vrácení: výhody se na tento účet neuplatní",
                "Vrátenie: výhody sa na tento účet neuplatnia",
                "Rückgabe: auf diese Rechnung werden keine Vorteile angewendet",
                "Return: no benefits apply to this bill",
            ],
            Self::OtherCurrency => [
                "Účet je v {}, konta jsou v {}: nelze je použít",
                "Účet je v {}, kontá sú v {}: nedajú sa použiť",
                "Die Rechnung ist in {}, die Guthaben in {}: sie können nicht verwendet werden",
                "The check is in {}, the balances are in {}: they cannot be used",
            ],
            Self::AlmostThere => [
                "Ještě {} a získáte: {}",
                "Ešte {} a získate: {}",
                "Noch {} und Sie erhalten: {}",
                "{} more and you get: {}",
            ],
        }
    }
}

fn refusal(reason: Reason) -> [&'static str; 4] {
    match reason {
        Reason::NotFound => ["nenalezeno", "nenájdené", "nicht gefunden", "not found"],
        Reason::Expired => ["platnost skončila", "platnosť skončila", "abgelaufen", "expired"],
        Reason::AlreadyUsed => ["již vyčerpáno", "už vyčerpané", "bereits eingelöst", "already used"],
        Reason::AlreadyApplied => ["již uplatněno", "už uplatnené", "bereits angewendet", "already applied"],
        Reason::NotYetValid => ["zatím neplatí", "zatiaľ neplatí", "noch nicht gültig", "not yet valid"],
        Reason::NotCombinable => {
            ["nelze kombinovat", "nedá sa kombinovať", "nicht kombinierbar", "cannot be combined"]
        }
        Reason::NoMatchingItems => [
            "na účtu není nic, na co by se dalo použít",
            "na účte nie je nič, na čo by sa dalo použiť",
            "passt zu keinem Artikel der Rechnung",
            "no item on the check matches",
        ],
        Reason::LockedByOtherDevice => [
            "rezervováno na jiné pokladně",
            "rezervované na inej pokladnici",
            "an einer anderen Kasse reserviert",
            "reserved at another register",
        ],
        Reason::PartlyReserved => [
            "část je rezervována jinde",
            "časť je rezervovaná inde",
            "teilweise anderswo reserviert",
            "partly reserved elsewhere",
        ],
        Reason::Inactive => ["není aktivní", "nie je aktívne", "nicht aktiv", "not active"],
        Reason::Frozen => ["zablokováno", "zablokované", "gesperrt", "frozen"],
        Reason::EmptyBasket => {
            ["účet je prázdný", "účet je prázdny", "die Rechnung ist leer", "the check is empty"]
        }
        Reason::CurrencyMismatch => ["jiná měna", "iná mena", "andere Währung", "other currency"],
        Reason::MinAmountNotMet => [
            "nedosažena minimální útrata",
            "nedosiahnutá minimálna útrata",
            "Mindestbetrag nicht erreicht",
            "minimum amount not reached",
        ],
        Reason::WrongPlace => ["zde neplatí", "tu neplatí", "gilt hier nicht", "not valid at this place"],
        Reason::WrongTime => ["teď neplatí", "teraz neplatí", "gilt jetzt nicht", "not valid at this time"],
        Reason::NotEligible => [
            "není pro tohoto hosta",
            "nie je pre tohto hosťa",
            "gilt nicht für diesen Gast",
            "not for this guest",
        ],
        Reason::LimitReached => ["limit vyčerpán", "limit vyčerpaný", "Limit erreicht", "limit reached"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_read_from_its_tag() {
        for (tag, language) in [
            ("cs", Language::Cs),
            ("cs-CZ", Language::Cs),
            ("SK_sk", Language::Sk),
            ("de", Language::De),
            ("hu", Language::En),
            ("", Language::En),
        ] {
            assert_eq!(Language::of(tag), language, "{tag}");
        }
    }

    #[test]
    fn a_merchants_title_falls_back_to_english_then_to_any() {
        let titles = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(tag, text)| ((*tag).to_owned(), (*text).to_owned())).collect()
        };
        assert_eq!(pick(&titles(&[("cs", "Body"), ("en", "Points")]), "cs-CZ"), Some("Body"));
        assert_eq!(pick(&titles(&[("cs", "Body"), ("en", "Points")]), "hu"), Some("Points"));
        assert_eq!(pick(&titles(&[("cs", "Body")]), "hu"), Some("Body"));
        assert_eq!(pick(&titles(&[]), "hu"), None);
    }

    #[test]
    fn gaps_are_filled_in_order() {
        assert_eq!(
            Text::PartlyReserved.filled(Language::En, &["Points", "50"]),
            "Points: 50 is reserved by another check"
        );
    }
}
