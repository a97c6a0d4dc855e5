//! What a person sees who opens the protocol's address in a browser.

use actix_web::HttpResponse;

/// A short page.
pub(super) fn page() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(PAGE)
}

const PAGE: &str = "<!doctype html><html lang=\"en\"><title>horde-eas</title>\
<h1>Exchange ActiveSync</h1>\
<p>This address is for phones. Add an account of the type \u{201c}Exchange\u{201d} there, \
with the name of this server, your user name and your password.</p></html>\n";
