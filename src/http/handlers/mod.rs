//! Questions and answers, one function for each route: a message is made of
//! what was asked and put to a service, and its answer is written as JSON.

pub(super) mod addresses;
pub(super) mod alerts;
pub(super) mod compatible;
pub(super) mod lists;
pub(super) mod records;
pub(super) mod standing;
