//! The web layer through its router, on both databases; no browser, and no Microsoft Graph anywhere.

mod acting;
mod api;
mod api_forms;
mod browser;
mod details;
mod doors;
mod frame;
mod house;
mod matrix;
mod openapi;
mod operations;
mod pages;
mod people;
mod serving;
mod start_requests;
mod starting;
