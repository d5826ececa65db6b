//! The door: which request goes to which answer, who asks, and how the outside sees it.

pub mod console;
pub mod embed;
pub mod openapi;
pub mod routes;
pub mod session;
pub mod token;
