//! All routes. Each is added with what it does, so that none can be without a row in the table of roles.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, on};

use crate::body::Takes;
use crate::fields::{self, Field};
use crate::guard::{Rule, guard};
use crate::roles::Action;
use crate::state::Server;
use crate::{api, pages};

/// A route, for whoever goes through all of them.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its method.
    pub method: Method,
    /// Its path, with names in braces.
    pub path: &'static str,
    /// What it does.
    pub action: Action,
    /// Whether it takes files.
    pub takes_files: bool,
    /// What programs send to it.
    pub fields: &'static [Field],
    /// What it is for, in a sentence; empty for pages.
    pub summary: &'static str,
}

impl Entry {
    /// Whether programs use it.
    pub fn is_api(&self) -> bool {
        self.path.starts_with("/api/")
    }
}

/// The routes, while they are added.
pub struct Routes {
    server: Arc<Server>,
    router: Router<Arc<Server>>,
    /// What was added.
    pub entries: Vec<Entry>,
}

/// All routes of the server.
pub fn all(server: &Arc<Server>) -> Routes {
    let none = Routes { server: server.clone(), router: Router::new(), entries: Vec::new() };
    api::add(pages::add(none))
}

impl Routes {
    /// A page, or a file to take.
    pub fn get<T: 'static>(
        self,
        path: &'static str,
        action: Action,
        handler: impl Handler<T, Arc<Server>>,
    ) -> Routes {
        self.add(Method::GET, path, (action, Takes::Nothing, ""), handler)
    }

    /// A form without files.
    pub fn post<T: 'static>(
        self,
        path: &'static str,
        action: Action,
        handler: impl Handler<T, Arc<Server>>,
    ) -> Routes {
        self.add(Method::POST, path, (action, Takes::Form, ""), handler)
    }

    /// A form with files.
    pub fn upload<T: 'static>(
        self,
        path: &'static str,
        action: Action,
        handler: impl Handler<T, Arc<Server>>,
    ) -> Routes {
        self.add(Method::POST, path, (action, Takes::Files, ""), handler)
    }

    /// Something for programs, with what it is for.
    pub fn api<T: 'static>(
        self,
        (method, path): (Method, &'static str),
        (action, fields): (Action, &'static [Field]),
        summary: &'static str,
        handler: impl Handler<T, Arc<Server>>,
    ) -> Routes {
        let takes = if method == Method::POST { fields::takes(fields) } else { Takes::Nothing };
        self.add_with(method, path, (action, takes, summary, fields), handler)
    }

    fn add<T: 'static>(
        self,
        method: Method,
        path: &'static str,
        (action, takes, summary): (Action, Takes, &'static str),
        handler: impl Handler<T, Arc<Server>>,
    ) -> Routes {
        self.add_with(method, path, (action, takes, summary, &[]), handler)
    }

    fn add_with<T: 'static>(
        mut self,
        method: Method,
        path: &'static str,
        (action, takes, summary, fields): (Action, Takes, &'static str, &'static [Field]),
        handler: impl Handler<T, Arc<Server>>,
    ) -> Routes {
        let filter = match method {
            Method::GET => MethodFilter::GET,
            Method::DELETE => MethodFilter::DELETE,
            _ => MethodFilter::POST,
        };
        let entry = Entry { method, path, action, takes_files: takes == Takes::Files, fields, summary };
        let rule = Rule { server: self.server.clone(), action, takes, fields, is_api: entry.is_api() };
        let service = on(filter, handler).route_layer(from_fn_with_state(rule, guard));
        self.router = self.router.route(path, service);
        self.entries.push(entry);
        self
    }

    /// The router.
    pub fn into_router(self) -> Router<Arc<Server>> {
        self.router
    }
}
