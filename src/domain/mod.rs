//! The pure core: what a request, a product and a template mean. No input or output, no clock, no SDK type belongs here.

pub mod form;
pub mod parameters;
pub mod period;
pub mod template;
