//! Which fixed words does an offer use, in which language?
//!
//! Four files of Fluent messages, `texts/*.ftl`. A merchant's own titles go before these (see [`pick`]).

use super::reason::Reason;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use fluent_syntax::ast::Entry;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;
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

    /// A day as it is written in this language: `31. 12. 2026`, `31.12.2026`, `31 Dec 2026`.
    pub(crate) fn date(self, day: Date) -> String {
        let form = match self {
            Self::Cs | Self::Sk => "%-d. %-m. %Y",
            Self::De => "%-d.%-m.%Y",
            Self::En => "%-d %b %Y",
        };
        day.strftime(form).to_string()
    }

    /// That so many points of a balance are held by another check.
    pub(crate) fn points_reserved(self, title: &str, count: i64) -> String {
        let mut arguments = counted(count);
        arguments.set("title", title);
        format(self, "partly-reserved-points", &arguments)
    }
}

/// The count twice: as the number that chooses the plural, and as it is written.
fn counted(count: i64) -> FluentArgs<'static> {
    let mut arguments = FluentArgs::with_capacity(3);
    arguments.set("number", count);
    arguments.set("count", count.to_string());
    arguments
}

/// The language part of a tag, in lower case: `cs` of `cs-CZ`.
fn primary(tag: &str) -> String {
    tag.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

/// A tag in one form: `cs-cz` of `cs_CZ`.
fn whole(tag: &str) -> String {
    tag.trim().replace('_', "-").to_ascii_lowercase()
}

/// A merchant's own text for a language, however either side writes its tag: of the same tag, else of the same
/// language, else English, else any.
pub(crate) fn pick<'a>(titles: &'a BTreeMap<String, String>, tag: &str) -> Option<&'a str> {
    let (tag, language) = (whole(tag), primary(tag));
    let same = |key: &str| titles.iter().find(|(one, _)| whole(one) == key).map(|(_, text)| text);
    let of = |key: &str| titles.iter().find(|(one, _)| primary(one) == key).map(|(_, text)| text);
    same(&tag)
        .or_else(|| same(&language))
        .or_else(|| of(&language))
        .or_else(|| same("en"))
        .or_else(|| of("en"))
        .or_else(|| titles.values().next())
        .map(String::as_str)
        .filter(|text| !text.is_empty())
}

/// A fixed text; the words are in `texts/*.ftl`.
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
    /// A code that tops up.
    TopUp,
    /// The stamps of a card without a title of its own.
    Stamps,
    /// Title of the balance: the part that was given on top.
    BonusOf,
    /// Title; the value the cashier chose; what is offered instead.
    TopUpOutOfRange,
    /// Title; how much; the last day.
    NextEnd,
    /// Amount missing with its currency; title of what the guest would get.
    AlmostThere,
    /// How much will be credited for what was returned.
    ReturnedToCredit,
}

impl Text {
    /// The words of a text that has no gaps.
    pub(crate) fn in_language(self, language: Language) -> &'static str {
        let key = self.key();
        words(language).plain(key).or_else(|| words(Language::En).plain(key)).unwrap_or(key)
    }

    /// The words with their gaps filled, in the order of [`Text::gaps`].
    pub(crate) fn filled(self, language: Language, gaps: &[&str]) -> String {
        let mut arguments = FluentArgs::with_capacity(gaps.len());
        for (name, gap) in self.gaps().iter().zip(gaps) {
            arguments.set(*name, *gap);
        }
        format(language, self.key(), &arguments)
    }

    /// The message's name in the files. A reason and a balance type go by their names on the wire.
    fn key(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Voucher => "voucher",
            Self::UnknownCode => "unknown-code",
            Self::Discount => "discount",
            Self::Balance(balance_type) => balance_type.as_str(),
            Self::Refusal(reason) => reason.code(),
            Self::PartlyReserved => "partly-reserved",
            Self::WhollyReserved => "wholly-reserved",
            Self::OnlyReturned => "only-returned",
            Self::OtherCurrency => "other-currency",
            Self::TopUp => "top-up",
            Self::Stamps => "stamps",
            Self::BonusOf => "bonus-of",
            Self::TopUpOutOfRange => "top-up-out-of-range",
            Self::NextEnd => "next-end",
            Self::AlmostThere => "almost-there",
            Self::ReturnedToCredit => "returned-to-credit",
        }
    }

    /// What its gaps are called in the files.
    fn gaps(self) -> &'static [&'static str] {
        match self {
            Self::PartlyReserved => &["title", "amount"],
            Self::WhollyReserved => &["title"],
            Self::OtherCurrency => &["basket", "merchant"],
            Self::BonusOf => &["title"],
            Self::TopUpOutOfRange => &["title", "chosen", "offered"],
            Self::NextEnd => &["title", "amount", "day"],
            Self::AlmostThere => &["amount", "title"],
            Self::ReturnedToCredit => &["amount"],
            Self::Card
            | Self::Voucher
            | Self::UnknownCode
            | Self::Discount
            | Self::Balance(_)
            | Self::Refusal(_)
            | Self::OnlyReturned
            | Self::TopUp
            | Self::Stamps => &[],
        }
    }
}

/// The files, in the order of [`Language::column`].
const FILES: [(&str, &str); 4] = [
    ("cs", include_str!("../../../texts/cs.ftl")),
    ("sk", include_str!("../../../texts/sk.ftl")),
    ("de", include_str!("../../../texts/de.ftl")),
    ("en", include_str!("../../../texts/en.ftl")),
];

/// One language's file, read.
struct Words {
    /// Texts without gaps, formatted once.
    plain: HashMap<String, String>,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// Reads a file. What cannot be read is left out; a test finds it.
    fn read(tag: &str, file: &str) -> Self {
        let resource = FluentResource::try_new(file.to_owned()).unwrap_or_else(|(readable, _)| readable);
        let keys: Vec<String> = resource
            .entries()
            .filter_map(|entry| match entry {
                Entry::Message(message) => Some(message.id.name.to_owned()),
                _ => None,
            })
            .collect();
        let mut bundle = FluentBundle::new_concurrent(vec![tag.parse().unwrap_or_default()]);
        // the marks around what is filled in would be printed on a receipt
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        let mut words = Self { plain: HashMap::with_capacity(keys.len()), bundle };
        for key in keys {
            if let Some(text) = words.format(&key, None) {
                words.plain.insert(key, text);
            }
        }
        words
    }

    fn plain(&self, key: &str) -> Option<&str> {
        self.plain.get(key).map(String::as_str)
    }

    /// The message with its gaps filled; `None` when there is none or a gap stays open.
    fn format(&self, key: &str, arguments: Option<&FluentArgs<'_>>) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut faults = Vec::new();
        let text = self.bundle.format_pattern(pattern, arguments, &mut faults).into_owned();
        faults.is_empty().then_some(text)
    }
}

/// A language's words; all are read at the first use.
fn words(language: Language) -> &'static Words {
    static WORDS: LazyLock<[Words; 4]> = LazyLock::new(|| FILES.map(|(tag, file)| Words::read(tag, file)));
    &WORDS[language.column()]
}

/// A message in a language, else in English, else its name.
fn format(language: Language, key: &str, arguments: &FluentArgs<'_>) -> String {
    words(language)
        .format(key, Some(arguments))
        .or_else(|| words(Language::En).format(key, Some(arguments)))
        .unwrap_or_else(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

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
        for key in ["cs-CZ", "CS", "cs_cz", "cs"] {
            for tag in ["cs", "cs-CZ", "CS", "cs_SK", "cs-cz"] {
                assert_eq!(
                    pick(&titles(&[("en", "Points"), (key, "Body")]), tag),
                    Some("Body"),
                    "{key} {tag}"
                );
            }
        }
        let regions = titles(&[("pt", "pontos"), ("pt-BR", "pontinhos"), ("EN-gb", "points")]);
        for (tag, text) in [("pt-br", "pontinhos"), ("pt-PT", "pontos"), ("PT", "pontos"), ("hu", "points")] {
            assert_eq!(pick(&regions, tag), Some(text), "{tag}");
        }
    }

    #[test]
    fn gaps_are_filled_in_order_and_without_marks() {
        assert_eq!(
            Text::PartlyReserved.filled(Language::En, &["Points", "50"]),
            "Points: 50 is reserved by another check"
        );
        assert_eq!(
            Text::OtherCurrency.filled(Language::De, &["EUR", "CZK"]),
            "Die Rechnung ist in EUR, die Guthaben in CZK: sie können nicht verwendet werden"
        );
    }

    /// Every fixed text but the two with a count, which have functions of their own.
    fn all() -> Vec<Text> {
        let mut all = vec![
            Text::Card,
            Text::Voucher,
            Text::UnknownCode,
            Text::Discount,
            Text::PartlyReserved,
            Text::WhollyReserved,
            Text::OnlyReturned,
            Text::OtherCurrency,
            Text::TopUp,
            Text::Stamps,
            Text::BonusOf,
            Text::TopUpOutOfRange,
            Text::NextEnd,
            Text::AlmostThere,
            Text::ReturnedToCredit,
        ];
        all.extend(BalanceType::ALL.map(Text::Balance));
        all.extend(Reason::ALL.map(Text::Refusal));
        all
    }

    /// Names of the gaps of every message in a file, which must be readable to its end.
    fn messages(file: &str) -> BTreeMap<String, BTreeSet<String>> {
        let parsed = fluent_syntax::parser::parse(file).unwrap();
        let messages = parsed.body.iter().filter_map(|entry| match entry {
            Entry::Message(message) => Some(message),
            _ => None,
        });
        messages
            .map(|message| {
                // a gap is the only place where a dollar stands
                let text = format!("{:?}", message.value.as_ref().unwrap());
                let names = text.split("VariableReference { id: Identifier { name: \"").skip(1);
                let names = names.map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
                (message.id.name.to_owned(), names)
            })
            .collect()
    }

    #[test]
    fn every_text_is_there_in_every_language_with_the_same_gaps() {
        let expected: BTreeMap<String, BTreeSet<String>> = all()
            .into_iter()
            .map(|text| (text.key(), text.gaps()))
            .chain([("partly-reserved-points", &["title", "number", "count"] as &[_])])
            .map(|(key, gaps)| (key.to_owned(), gaps.iter().map(|gap| (*gap).to_owned()).collect()))
            .collect();
        for (tag, file) in FILES {
            assert_eq!(messages(file), expected, "{tag}");
        }
        // nothing in the code is missing in the list above
        let source = include_str!("texts.rs");
        let arms = source.split("fn key(self)").nth(1).unwrap().split("fn gaps").next().unwrap();
        for key in arms.split("=> \"").skip(1) {
            let key = key.split('"').next().unwrap();
            assert!(expected.contains_key(key), "{key} is not in all()");
        }
    }

    #[test]
    fn points_are_counted_as_the_language_counts() {
        use Language::{Cs, De, En, Sk};
        for (language, count, words) in [
            (Cs, 0, "0 bodů je rezervováno na jiném účtu"),
            (Cs, 1, "1 bod je rezervován na jiném účtu"),
            (Cs, 2, "2 body jsou rezervovány na jiném účtu"),
            (Cs, 4, "4 body jsou rezervovány na jiném účtu"),
            (Cs, 5, "5 bodů je rezervováno na jiném účtu"),
            (Cs, 21, "21 bodů je rezervováno na jiném účtu"),
            (Cs, 1000, "1000 bodů je rezervováno na jiném účtu"),
            (Sk, 1, "1 bod je rezervovaný na inom účte"),
            (Sk, 3, "3 body sú rezervované na inom účte"),
            (Sk, 5, "5 bodov je rezervovaných na inom účte"),
            (De, 1, "1 Punkt ist für eine andere Rechnung reserviert"),
            (De, 2, "2 Punkte sind für eine andere Rechnung reserviert"),
            (En, 1, "1 point is reserved by another check"),
            (En, 0, "0 points are reserved by another check"),
        ] {
            assert_eq!(language.points_reserved("X", count), format!("X: {words}"), "{language:?}");
        }
    }

    #[test]
    fn numbers_and_days_are_written_as_in_the_language() {
        let day: Date = "2026-12-31".parse().unwrap();
        for (language, number, written) in [
            (Language::Cs, "12,5", "31. 12. 2026"),
            (Language::Sk, "12,5", "31. 12. 2026"),
            (Language::De, "12,5", "31.12.2026"),
            (Language::En, "12.5", "31 Dec 2026"),
        ] {
            assert_eq!(
                (language.number("12.5"), language.date(day)),
                (number.to_owned(), written.to_owned())
            );
        }
        assert_eq!(Language::De.date("2026-03-01".parse().unwrap()), "1.3.2026");
    }
}
