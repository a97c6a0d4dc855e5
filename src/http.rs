//! The server: routes, limits, and the way of a request to its command.
//!
//! [MS-ASHTTP] §2.2.1

mod auth;
pub mod basic;
pub mod body;
mod browser;
mod health;
pub mod network;
mod reply;
mod request;
pub mod throttle;

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::{self, Data, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use rand::Rng as _;
use serde::Deserialize;

use crate::command::Services;
use crate::http::body::Room;
use crate::http::network::Network;
use crate::http::throttle::Throttle;
use crate::logging;

/// Where the server listens, and what it takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port to listen on. Default `127.0.0.1:8480`.
    pub listen: String,
    /// Addresses and networks of web servers in front, whose X-Forwarded-For is believed.
    /// Default `["127.0.0.0/8", "::1"]`.
    pub trusted_proxies: Vec<Network>,
    /// Threads; 0 for one a core. Default 0.
    pub threads: usize,
    /// Connections at most for each thread, 1 to 100000. Default 25000.
    pub connections: usize,
    /// Bytes of a request's body at most, as sent and as inflated. Default 16777216 (16 MiB).
    pub body_bytes: usize,
    /// Seconds until the whole body must be there, 1 to 3600. Default 120.
    pub body_seconds: u64,
    /// Seconds that running requests get when the server is told to stop. Default 10.
    pub shutdown_seconds: u64,
    /// How often somebody may be wrong.
    pub throttle: throttle::Config,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8480".to_owned(),
            trusted_proxies: ["127.0.0.0/8", "::1"]
                .into_iter()
                .filter_map(Network::parse)
                .collect(),
            threads: 0,
            connections: 25_000,
            body_bytes: 16 * 1024 * 1024,
            body_seconds: 120,
            shutdown_seconds: 10,
            throttle: throttle::Config::default(),
        }
    }
}

/// What handlers share.
struct State {
    services: Services,
    config: Config,
    throttle: Throttle,
    room: Room,
}

/// Starts to listen; the server runs when it is awaited.
///
/// # Errors
/// When the address can not be listened on.
pub fn serve(config: &Config, services: Services) -> io::Result<Server> {
    serve_on(TcpListener::bind(&config.listen)?, config, services)
}

/// As [`serve`], on a socket that listens already.
///
/// # Errors
/// When the socket can not be used.
pub fn serve_on(listener: TcpListener, config: &Config, services: Services) -> io::Result<Server> {
    let state = Data::new(State {
        services,
        throttle: Throttle::new(&config.throttle),
        room: Room::new(config),
        config: config.clone(),
    });
    let mut server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .route("/health/live", web::get().to(health::live))
            .route("/health/ready", web::get().to(health::ready))
            .default_service(web::to(route))
    })
    .max_connections(config.connections.clamp(1, 100_000))
    .client_request_timeout(Duration::from_secs(15))
    .keep_alive(Duration::from_secs(75))
    .shutdown_timeout(config.shutdown_seconds);
    if config.threads > 0 {
        server = server.workers(config.threads);
    }
    Ok(server.listen(listener)?.run())
}

/// Runs a future on the server's kind of runtime: for `main` and the subcommands.
pub fn block_on<F: Future>(future: F) -> F::Output {
    actix_web::rt::System::new().block_on(future)
}

/// Everything under the protocol's path, whatever the case of its letters.
async fn route(http: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    let is_ours = http.path().split_at_checked(PATH.len()).is_some_and(|(path, rest)| {
        path.eq_ignore_ascii_case(PATH) && (rest.is_empty() || rest.starts_with('/'))
    });
    if is_ours {
        let id = format!("{:08x}", rand::rng().random::<u32>());
        return logging::within(id, request::handle(http, payload, state)).await;
    }
    HttpResponse::NotFound()
        .content_type("text/plain")
        .body("Nothing here; see /Microsoft-Server-ActiveSync.\n")
}

const PATH: &str = "/Microsoft-Server-ActiveSync";
