//! Orders of the bank's back end, and templates from which customers' apps may order.
//!
//! A job is listed by numbered *slots* (`index`): rows that hold its id, one under the hour of its
//! order and one under its reference. The job's record names its slots, so a slot that was abandoned
//! is never listed.

mod actions;
mod caller;
mod cursor;
mod index;
mod list;
mod policy;
mod services;
mod template;
mod template_order;
mod template_rows;
mod view;

pub(super) use caller::BackEnds;
pub use caller::OrderingBackEnd;
pub(super) use cursor::{Cursor, PAGE_PARAMETERS, PageQuery};
pub(super) use list::{ListQuery, PARAMETERS as LIST_PARAMETERS};
pub(super) use policy::POLICY;
pub use policy::{CustomerOrders, OrderPolicy};
pub use services::OrderingService;
pub(super) use services::{SERVICES, resolve as resolve_services};
pub(super) use template::TemplateOrder;
pub(super) use template_order::TemplateOrderRequest;
pub(super) use template_rows::{Registered, Template, TemplateContent};
pub(super) use view::written;
