//! The routes of one function. A route can not be added without saying who may come, and every
//! route behind a key goes through the same gate: rates, key, scope, `Idempotency-Key`, body limit.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, any, on};

use super::idempotent::{IdempotencyKey, Repeat, answer_once_or_renew, request_identity};
use super::route::{Access, Route, Takes};
use super::{Address, Answer, Caller, Failure, caller};
use crate::app::App;
use crate::domain::access::Scope;

/// Routes, and what the OpenAPI document says of them.
pub struct Api {
    app: App,
    router: Router<App>,
    routes: Vec<Route>,
}

impl Api {
    /// No routes yet.
    pub fn new(app: App) -> Self {
        Self { app, router: Router::new(), routes: Vec::new() }
    }

    /// Adds a route.
    pub fn route<H, T>(mut self, route: Route, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let answered: MethodRouter<App> = match &route.method {
            Some(method) => on(filter(method), handler),
            None => any(handler),
        };
        let limited = answered.layer(DefaultBodyLimit::max(route.max_body_bytes));
        let gated = match route.access {
            Access::Key(scope) => limited.route_layer(middleware::from_fn_with_state(self.gate(&route, scope), admit)),
            Access::Carrier | Access::Anybody => limited,
        };
        self.router = self.router.route(route.path, gated);
        self.routes.push(route);
        self
    }

    /// Puts a layer of the function's own around the routes added so far.
    pub fn map(self, layered: impl FnOnce(Router<App>) -> Router<App>) -> Self {
        Self { router: layered(self.router), ..self }
    }

    /// Method (none for every method) and path of each route.
    pub fn listed(&self) -> impl Iterator<Item = (Option<&Method>, &'static str)> {
        self.routes.iter().map(|route| (route.method.as_ref(), route.path))
    }

    pub(super) fn routes(&self) -> &[Route] {
        &self.routes
    }

    fn gate(&self, route: &Route, scope: Scope) -> Gate {
        let changes = route.method.as_ref().is_some_and(|method| !method.is_safe());
        Gate {
            app: self.app.clone(),
            scope,
            path: route.path,
            max_body_bytes: route.max_body_bytes,
            once: changes && !matches!(route.takes, Takes::File),
            renews: route.renews,
        }
    }
}

impl From<Api> for Router {
    fn from(api: Api) -> Self {
        api.router.with_state(api.app)
    }
}

/// The methods a [`Route`] can be made with.
fn filter(method: &Method) -> MethodFilter {
    match *method {
        Method::POST => MethodFilter::POST,
        Method::PUT => MethodFilter::PUT,
        Method::DELETE => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    }
}

/// What stands in front of a handler that wants a key.
#[derive(Clone)]
struct Gate {
    app: App,
    scope: Scope,
    path: &'static str,
    max_body_bytes: usize,
    /// The gate answers repeats by itself; otherwise the handler does, or nothing is changed.
    once: bool,
    /// The handler answers repeats anew, from what was kept.
    renews: bool,
}

async fn admit(State(gate): State<Gate>, mut request: Request, next: Next) -> Answer<Response> {
    let address = Address::of(request.headers(), request.extensions(), gate.app.urls.proxies);
    let caller = caller::admit(&gate.app, request.headers(), address).await?;
    if !caller.actor.may(gate.scope) {
        return Err(Failure::lacks(gate.scope));
    }
    request.extensions_mut().insert(caller.clone());
    let key = IdempotencyKey::of(request.headers())?;
    let mut response = match key {
        IdempotencyKey(Some(_)) if gate.once => once(gate, caller, key, request, next).await?,
        _ => next.run(request).await,
    };
    // Answers hold personal data: no proxy and no browser may keep them.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The request is done once.
async fn once(gate: Gate, caller: Caller, key: IdempotencyKey, request: Request, next: Next) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, gate.max_body_bytes).await.map_err(|_| Failure::too_large(gate.max_body_bytes))?;
    let asked = parts.uri.path_and_query().map_or(gate.path, |asked| asked.as_str());
    let identity = request_identity(&[parts.method.as_str().as_bytes(), asked.as_bytes(), &body]);
    let mut request = Request::from_parts(parts, Body::from(body));
    let work = move |repeat: Repeat| async move {
        request.extensions_mut().insert(repeat);
        Ok::<_, Failure>(next.run(request).await)
    };
    answer_once_or_renew(&gate.app, &caller, &key, identity, gate.renews, work).await
}
