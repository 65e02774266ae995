//! Which addresses may the courier talk to?
//!
//! A destination is typed in by a customer, so it could point into our own network (sync.md §1, target
//! guard). Only https unless the host is listed; no user-info; every address a name resolves to is checked,
//! and the peer that was really connected once more. Networks of on-premise receivers are listed.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What may be reached beyond the public internet over https.
#[derive(Debug, Clone, Default)]
pub struct TargetGuard {
    networks: Vec<IpNet>,
    plain_http_hosts: Vec<String>,
}

/// Why a target is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetRefusal {
    /// Not a URL with a host.
    #[error("expected an absolute URL such as https://example.com/hook, found another text")]
    Url,
    /// Another scheme than https, and the host is not listed for plain http.
    #[error(
        "expected an https URL (plain http only for hosts listed in the configuration), found {scheme}://{host}"
    )]
    Scheme {
        /// What came.
        scheme: String,
        /// For which host.
        host: String,
    },
    /// `https://user:password@host`.
    #[error("expected a URL without user or password in it; give the secret separately")]
    UserInfo,
    /// A line break or another character that no URL has.
    #[error("expected a URL without control characters, found one at character {0}")]
    Control(usize),
    /// `https://host/hook#part`: what is behind the # never reaches the receiver.
    #[error("expected a URL without a fragment, found one behind #")]
    Fragment,
    /// `https://host/hook?key=value` where a path is added behind it.
    #[error("expected a URL without a query, because a path is added behind it; found one behind ?")]
    Query,
    /// An address that is not public and not listed.
    #[error("expected a public address (or one of a network listed in the configuration), found {0}")]
    Address(IpAddr),
    /// A name without any address that may be reached.
    #[error("{0} has no address that may be reached; found only ones that are not public")]
    Name(String),
}

impl TargetGuard {
    /// Only https to public addresses.
    pub fn strict() -> Self {
        Self::default()
    }

    /// Also lets addresses of a network through.
    #[must_use]
    pub fn allow_network(mut self, network: IpNet) -> Self {
        self.networks.push(network);
        self
    }

    /// Also lets plain http through to this host (as written in the URL, without port).
    #[must_use]
    pub fn allow_plain_http(mut self, host: &str) -> Self {
        self.plain_http_hosts.push(host.trim_matches(['[', ']']).to_ascii_lowercase());
        self
    }

    /// For tests and the demo: plain http to this machine.
    #[must_use]
    pub fn allow_loopback(self) -> Self {
        let loopback =
            [IpNet::from(IpAddr::V4(Ipv4Addr::LOCALHOST)), IpNet::from(IpAddr::V6(Ipv6Addr::LOCALHOST))];
        loopback
            .into_iter()
            .fold(self, Self::allow_network)
            .allow_plain_http("127.0.0.1")
            .allow_plain_http("::1")
            .allow_plain_http("localhost")
    }

    /// The text to keep of a URL that is called as it is: as it was understood, not as it was typed.
    ///
    /// # Errors
    /// Those of [`TargetGuard::check_url`].
    pub fn check_hook(&self, url: &str) -> Result<String, TargetRefusal> {
        self.check_url(url).map(String::from)
    }

    /// The text to keep of a URL behind which the path of each call is added, so that it can have no query.
    ///
    /// # Errors
    /// Those of [`TargetGuard::check_url`], and [`TargetRefusal::Query`].
    pub fn check_base(&self, url: &str) -> Result<String, TargetRefusal> {
        let url = self.check_url(url)?;
        if url.query().is_some() { Err(TargetRefusal::Query) } else { Ok(url.into()) }
    }

    /// Whether a URL may be called as far as its text tells. Ask when it is configured, by [`TargetGuard::check_hook`]
    /// or [`TargetGuard::check_base`], and at every call.
    pub fn check_url(&self, url: &str) -> Result<reqwest::Url, TargetRefusal> {
        // The parser would drop them in silence
        if let Some(at) = url.chars().position(char::is_control) {
            return Err(TargetRefusal::Control(at + 1));
        }
        let url = reqwest::Url::parse(url).map_err(|_| TargetRefusal::Url)?;
        if url.fragment().is_some() {
            return Err(TargetRefusal::Fragment);
        }
        let host = url.host_str().ok_or(TargetRefusal::Url)?;
        let bare = host.trim_matches(['[', ']']);
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetRefusal::UserInfo);
        }
        let plain = url.scheme() == "http" && self.plain_http_hosts.iter().any(|allowed| allowed == bare);
        if url.scheme() != "https" && !plain {
            return Err(TargetRefusal::Scheme { scheme: url.scheme().to_owned(), host: host.to_owned() });
        }
        // No name to resolve: the address itself is the answer. (Url has already read forms such as 0x7f.1.)
        if let Ok(address) = bare.parse::<IpAddr>() {
            self.check_address(address)?;
        }
        Ok(url)
    }

    /// Whether an address may be connected to.
    pub fn check_address(&self, address: IpAddr) -> Result<(), TargetRefusal> {
        let plain = unwrapped(address);
        let listed =
            self.networks.iter().any(|network| network.contains(&plain) || network.contains(&address));
        if listed || is_public(plain) { Ok(()) } else { Err(TargetRefusal::Address(address)) }
    }
}

/// An IPv4 address hidden in an IPv6 one: mapped and compatible (::/96), NAT64 (64:ff9b::/96), 6to4
/// (2002::/16). Teredo (2001::/32) is not unwrapped: it is refused as a whole.
fn unwrapped(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    if v6.is_loopback() || v6.is_unspecified() {
        return address;
    }
    if let Some(v4) = v6.to_ipv4() {
        return IpAddr::V4(v4);
    }
    let s = v6.segments();
    let v4 = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match s {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        _ => address,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// Everything the IANA special-purpose registry does not call globally reachable is out.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local() // with the metadata service 169.254.169.254
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0 // this network
        || (a == 100 && (64..128).contains(&b)) // carrier-grade NAT, with the metadata service 100.100.100.200
        || (a == 192 && b == 0 && c == 0) // protocol assignments
        || (a == 192 && b == 88 && c == 99) // 6to4 relays
        || (a == 198 && (b == 18 || b == 19)) // benchmarks
        || a >= 240; // reserved
    !special
}

/// Only global unicast 2000::/3 is public, without its special parts.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let special = match first {
        // Protocol assignments (Teredo, benchmarks, ORCHID) and documentation
        0x2001 => second < 0x200 || second == 0xdb8,
        // 6to4; unwrapped before
        0x2002 => true,
        // Documentation
        0x3fff => second < 0x1000,
        _ => false,
    };
    first & 0xe000 == 0x2000 && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_and_whether_it_is_reached() {
        let allowed = [
            "8.8.8.8",
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2a00:1450:4014:80e::200e",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ];
        let refused = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "169.254.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "192.88.99.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "::a00:1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::1",
            "2002:c0a8:101::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "100::1",
            "4000::1",
        ];
        let guard = TargetGuard::strict();
        for address in allowed {
            assert_eq!(guard.check_address(address.parse().unwrap()), Ok(()), "{address}");
        }
        for address in refused {
            assert!(guard.check_address(address.parse().unwrap()).is_err(), "{address}");
        }
    }

    #[test]
    fn a_listed_network_opens_itself_only_also_when_wrapped() {
        let guard = TargetGuard::strict().allow_network("10.1.0.0/16".parse().unwrap());
        for (address, reached) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("10.2.0.1", false),
            ("127.0.0.1", false),
            ("::1", false),
        ] {
            assert_eq!(guard.check_address(address.parse().unwrap()).is_ok(), reached, "{address}");
        }
    }

    #[test]
    fn each_url_and_what_is_said() {
        use TargetRefusal::{Address, Control, Fragment, Scheme, Url, UserInfo};
        let scheme = |scheme: &str, host: &str| Err(Scheme { scheme: scheme.into(), host: host.into() });
        let address = |text: &str| Err(Address(text.parse().unwrap()));
        let table = [
            ("https://example.com/hook", Ok(())),
            ("https://example.com:8443/hook", Ok(())),
            ("http://example.com/hook", scheme("http", "example.com")),
            ("http://till.local/hook", Ok(())),
            ("http://TILL.local:8080/hook", Ok(())),
            ("http://nottill.local/", scheme("http", "nottill.local")),
            ("ftp://example.com/", scheme("ftp", "example.com")),
            ("file:///etc/passwd", Err(Url)),
            ("https://user@example.com/", Err(UserInfo)),
            ("https://user:pass@example.com/", Err(UserInfo)),
            ("https://127.0.0.1/", address("127.0.0.1")),
            ("https://2130706433/", address("127.0.0.1")),
            ("https://0x7f.1/", address("127.0.0.1")),
            ("https://017700000001/", address("127.0.0.1")),
            ("https://0x7f000001/", address("127.0.0.1")),
            ("https://127.1/", address("127.0.0.1")),
            ("https://%31%32%37.0.0.1/", address("127.0.0.1")),
            ("https://１２７.0.0.1/", address("127.0.0.1")),
            ("https://169.254.43518/", address("169.254.169.254")),
            ("https://[::1]/", address("::1")),
            ("https://[::ffff:127.0.0.1]/", address("::ffff:127.0.0.1")),
            ("https://169.254.169.254/latest", address("169.254.169.254")),
            ("https://example.com/hook?key=1", Ok(())),
            ("https://example.com/hook#part", Err(Fragment)),
            ("https://example.com/hook#", Err(Fragment)),
            ("https://example.com/hook?key=1#part", Err(Fragment)),
            ("https://example.com/\r\nhook", Err(Control(21))),
            ("\thttps://example.com/hook", Err(Control(1))),
            ("https://example.com/hook\n", Err(Control(25))),
            ("https://exam\u{0}ple.com/", Err(Control(13))),
            ("https://example.com/\u{85}", Err(Control(21))),
            ("/hook", Err(Url)),
            ("", Err(Url)),
        ];
        let guard = TargetGuard::strict().allow_plain_http("Till.Local");
        for (url, expected) in table {
            assert_eq!(guard.check_url(url).map(|_| ()), expected, "{url}");
        }
        // what is kept is what was understood; a path is added to a base, so a query would end up in front of it
        for (typed, kept) in [
            (" https://EXAMPLE.com/a b ", "https://example.com/a%20b"),
            ("https://example.com:443/x/../y", "https://example.com/y"),
            ("https:\\\\example.com\\hook", "https://example.com/hook"),
        ] {
            assert_eq!(guard.check_base(typed), Ok(kept.to_owned()), "{typed}");
            assert_eq!(guard.check_hook(typed), Ok(kept.to_owned()), "{typed}");
        }
        for typed in ["https://example.com/hook?k=1", "https://example.com/hook?"] {
            assert_eq!(guard.check_base(typed), Err(TargetRefusal::Query), "{typed}");
            assert_eq!(guard.check_hook(typed), Ok(typed.to_owned()), "{typed}");
        }
        let local = TargetGuard::strict().allow_loopback();
        for url in ["http://127.0.0.1:9/x", "http://[::1]:9/x", "http://localhost:9/x", "https://127.0.0.1/"]
        {
            assert!(local.check_url(url).is_ok(), "{url}");
        }
        assert!(local.check_url("http://127.0.0.2/").is_err());
    }
}
