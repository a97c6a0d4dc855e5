//! Whether the server lives, and whether it can work.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::http::State;

/// The process answers.
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("alive\n")
}

/// Horde and its database answer.
pub(super) async fn ready(state: Data<State>) -> HttpResponse {
    let services = &state.services;
    let mut troubles = Vec::new();
    if services.accounts.site().await.is_err() {
        troubles.push("bridge");
    }
    if services.history.stamp(services.clock.unix_seconds()).await.is_err() {
        troubles.push("database");
    }
    if troubles.is_empty() {
        return HttpResponse::Ok().content_type("text/plain").body("ready\n");
    }
    let text = format!("does not answer: {}\n", troubles.join(", "));
    HttpResponse::ServiceUnavailable().content_type("text/plain").body(text)
}
