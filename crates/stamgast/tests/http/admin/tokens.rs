//! `/admin/v1/tokens`: is a token of every kind seen, renewed and taken back at once?

use http::Method;
use serde_json::{Value, json};
use stamgast::client::JsonClient;
use testkit::{House, TestApp};

/// A caller with one token, what it calls, and the token's kind and public prefix.
struct Holder {
    kind: &'static str,
    token: String,
    method: Method,
    path: String,
    body: Option<Value>,
}

impl Holder {
    fn new(kind: &'static str, token: &str, method: Method, path: &str, body: Option<Value>) -> Self {
        Self { kind, token: token.to_owned(), method, path: path.to_owned(), body }
    }

    fn prefix(&self) -> &str {
        door::token::prefix_of(&self.token).expect("a token")
    }

    /// Whether the token is taken; the call itself may be refused for another reason than its caller.
    async fn passes(&self, anyone: &JsonClient, token: &str) -> bool {
        let body = self.body.as_ref().map(|body| body.to_string().replace("TOKEN", token).into_bytes());
        let caller = anyone.bearer(token);
        let answer = caller.send(self.method.clone(), &self.path, body).await.unwrap();
        answer.status != 401
    }
}

/// One of each kind, in the sample restaurant.
async fn holders(house: &House) -> Vec<Holder> {
    let (restaurant, admin) = (&house.restaurant, &house.app.admin);
    let partner = house.partner_admin();
    let issue = async |what: &str, body: Value| {
        admin.post(&format!("{partner}/{what}"), &body).await.unwrap()["token"].as_str().unwrap().to_owned()
    };
    let login = |secret: &str| json!({"client_id": restaurant.client_id, "client_secret": secret, "grant_type": "client_credentials"});
    let access =
        house.app.anyone.post("/api/auth/authorize", &login(&restaurant.client_secret)).await.unwrap();
    let made = admin.post("/admin/v1/tokens", &json!({"name": "second admin"})).await.unwrap();
    let merchant = format!("/merchants/{}", restaurant.merchant_id);
    vec![
        Holder::new("admin", made["token"].as_str().unwrap(), Method::GET, "/admin/v1/tokens", None),
        Holder::new("pos", &restaurant.pos_tokens[0], Method::POST, &house.checks(), Some(json!({}))),
        Holder::new("access", access["access_token"].as_str().unwrap(), Method::GET, &merchant, None),
        Holder::new(
            "client",
            &restaurant.client_secret,
            Method::POST,
            "/api/auth/authorize",
            Some(login("TOKEN")),
        ),
        Holder::new(
            "loyalty",
            &issue("connections", json!({"name": "cloud"})).await,
            Method::POST,
            "/partner/loyalty/getBenefitOffer",
            Some(json!({})),
        ),
        Holder::new(
            "datasync",
            &issue("datasync-secrets", json!({"name": "cloud"})).await,
            Method::POST,
            "/partner/datasync",
            Some(json!({})),
        ),
        Holder::new(
            "customers",
            &issue("customers-clients", json!({"name": "marketing"})).await,
            Method::GET,
            "/api/v1/customers",
            None,
        ),
    ]
}

async fn listed(app: &TestApp, prefix: &str, all: bool) -> Option<Value> {
    let list = app.admin.get(&format!("/admin/v1/tokens?limit=100&all={all}")).await.unwrap();
    let found = list["data"].as_array().unwrap().iter().find(|token| token["tokenPrefix"] == prefix);
    found.cloned()
}

testkit::on_both_engines! {
    /// getTokens, postToken, postRenew, deleteToken: a token of every kind is seen, renewed and revoked at once.
    async fn a_token_of_every_kind_is_seen_renewed_and_revoked(engine: Engine) {
        let house = House::start(engine).await;
        let (app, anyone) = (&house.app, &house.app.anyone);
        for holder in holders(&house).await {
            let (kind, prefix) = (holder.kind, holder.prefix().to_owned());
            assert!(holder.passes(anyone, &holder.token).await, "{kind}");
            app.app.tokens().keep_used().await.unwrap();
            let seen = listed(app, &prefix, false).await.unwrap_or_else(|| panic!("{kind} is not listed"));
            assert_eq!((seen["kind"].as_str(), seen["revokedAt"].as_str()), (Some(kind), None), "{seen}");
            assert!(seen["name"].as_str().is_some_and(|name| !name.is_empty()), "{seen}");
            assert!(seen["madeAt"].is_string() && seen["lastUsedAt"] == "2026-03-02T10:00:00.000Z", "{seen}");
            let only = app.admin.get(&format!("/admin/v1/tokens?kind={kind}")).await.unwrap();
            let kinds: Vec<_> = only["data"].as_array().unwrap().iter().map(|token| token["kind"].clone()).collect();
            assert!(!kinds.is_empty() && kinds.iter().all(|found| found == kind), "{kind}: {kinds:?}");

            let renew = format!("/admin/v1/tokens/{prefix}/renew");
            let mut last = holder.token.clone();
            if kind == "access" {
                let body = json!({}).to_string().into_bytes();
                let refused = app.admin.send(Method::POST, &renew, Some(body)).await.unwrap();
                assert_eq!(refused.status, 409, "{}", refused.text);
            } else {
                let renewed = app.admin.post(&renew, &json!({"overlapSeconds": 60})).await.unwrap();
                last = renewed["token"].as_str().unwrap().to_owned();
                assert_eq!(door::token::prefix_of(&last), renewed["tokenPrefix"].as_str());
                assert!(holder.passes(anyone, &last).await && holder.passes(anyone, &holder.token).await, "{kind}");
                app.clock.advance_seconds(60);
                assert!(holder.passes(anyone, &last).await, "{kind}");
                assert!(!holder.passes(anyone, &holder.token).await, "the old {kind} token lives on");
                assert_eq!(listed(app, &prefix, false).await, None, "{kind}");
                assert!(listed(app, &prefix, true).await.is_some(), "{kind}");
                app.clock.advance_seconds(-60);
            }

            let last_prefix = door::token::prefix_of(&last).unwrap();
            let path = format!("/admin/v1/tokens/{last_prefix}");
            app.admin.delete(&path).await.unwrap();
            assert!(!holder.passes(anyone, &last).await, "the revoked {kind} token is taken");
            assert_eq!(app.admin.send(Method::DELETE, &path, None).await.unwrap().status, 404, "{kind}");
            assert_eq!(listed(app, last_prefix, false).await, None, "{kind}");
        }
    }

    async fn with_a_secret_its_access_tokens_end(engine: Engine) {
        let house = House::start(engine).await;
        let platform = house.platform().await;
        let path = format!("/merchants/{}", house.restaurant.merchant_id);
        platform.get(&path).await.unwrap();
        let secret = door::token::prefix_of(&house.restaurant.client_secret).unwrap();
        house.app.admin.delete(&format!("/admin/v1/tokens/{secret}")).await.unwrap();
        assert_eq!(platform.send(Method::GET, &path, None).await.unwrap().status, 401);
    }

    async fn pages_lead_through_all_of_them_and_filters_are_kept(engine: Engine) {
        let house = House::start(engine).await;
        let admin = &house.app.admin;
        for number in 0..5 {
            admin.post("/admin/v1/tokens", &json!({"name": format!("admin {number}")})).await.unwrap();
        }
        let all = admin.get("/admin/v1/tokens?kind=admin").await.unwrap();
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let page = admin.get(&format!("/admin/v1/tokens?kind=admin&limit=1&after={after}")).await.unwrap();
            found.extend(page["data"].as_array().unwrap().clone());
            match page["nextAfter"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => break,
            }
        }
        assert_eq!(json!(found), all["data"]);
        assert_eq!(found.len(), 6);
        let of = async |merchant: &str| {
            let list = admin.get(&format!("/admin/v1/tokens?merchantId={merchant}&limit=100")).await.unwrap();
            list["data"].as_array().unwrap().len()
        };
        assert!(of(&house.restaurant.merchant_id).await >= 5);
        assert_eq!(of("nobody").await, 0);
        // path, body, status, field
        for (method, path, body, status) in [
            (Method::GET, "?limit=0", None, 400),
            (Method::GET, "?limit=101", None, 400),
            (Method::GET, "?limit=x", None, 400),
            (Method::GET, "?kind=none", None, 400),
            (Method::GET, "?after=none", None, 400),
            (Method::GET, "?kid=pos", None, 400),
            (Method::POST, "", Some(json!({"name": "  "})), 400),
            (Method::POST, "", Some(json!({"name": "x".repeat(201)})), 400),
            (Method::POST, "/stg_admin_0000000000000000/renew", Some(json!({"overlapSeconds": -1})), 400),
            (Method::POST, "/stg_admin_0000000000000000/renew", Some(json!({})), 404),
            (Method::POST, "/x/renew", Some(json!({})), 404),
            (Method::DELETE, "/stg_pos_0000000000000000", None, 404),
        ] {
            let body = body.map(|body| body.to_string().into_bytes());
            let answer = admin.send(method, &format!("/admin/v1/tokens{path}"), body).await.unwrap();
            assert_eq!(answer.status, status, "{path}: {}", answer.text);
        }
    }

    async fn a_token_of_another_kind_is_called_by_its_kind(engine: Engine) {
        let house = House::start(engine).await;
        let said = async |caller: JsonClient, path: &str| {
            let answer = caller.send(Method::GET, path, None).await.unwrap();
            assert_eq!(answer.status, 401, "{}", answer.text);
            answer.json["message"].as_str().unwrap().to_owned()
        };
        let message = said(house.register(1), "/admin/v1/tokens").await;
        assert!(message.contains("a register's token (stg_pos_…)") && message.contains("stamgast admin-token"), "{message}");
        assert!(!message.contains(door::token::prefix_of(&house.restaurant.pos_tokens[0]).unwrap()), "{message}");
        let merchant = format!("/merchants/{}", house.restaurant.merchant_id);
        let message = said(house.partner(), &merchant).await;
        assert!(message.contains("the token of a loyalty connection (stg_loyalty_…)"), "{message}");
    }
}
