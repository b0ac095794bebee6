//! Portfolios, alerts and webhooks as the wire has them, and the codes of
//! what goes wrong with them.

use tonic::Code;

use crate::alert::{Alert, AlertKind, Side};
use crate::grpc::status::Coded;
use crate::grpc::{convert, v1};
use crate::monitor::webhook;
use crate::monitor::{AcknowledgeError, AdvanceError, ImportError, ImportReport, RemoveError};
use crate::portfolio::Portfolio;

pub(super) fn report_to_wire(report: ImportReport) -> v1::ImportPortfolioResponse {
    v1::ImportPortfolioResponse {
        portfolio: Some(portfolio_to_wire(&report.portfolio)),
        rows: report.rows,
        taken: report.taken,
        refused: report.refused,
        matched: report.matched,
        alerted: report.told,
        faults: report
            .faults
            .iter()
            .map(|fault| v1::PortfolioRowFault {
                row: fault.row,
                reason: fault.reason.to_owned(),
                advice: fault.advice.to_owned(),
            })
            .collect(),
        generation: report.generation.0,
        elapsed_ms: u64::try_from(report.elapsed.as_millis()).unwrap_or(u64::MAX),
    }
}

pub(super) fn portfolio_to_wire(portfolio: &Portfolio) -> v1::Portfolio {
    v1::Portfolio {
        name: portfolio.name.to_string(),
        members: portfolio.members(),
        refused: portfolio.refused,
        created_at: convert::instant(portfolio.created_at),
        imported_at: convert::instant(portfolio.imported_at),
        generation: portfolio
            .position()
            .map_or(0, |position| position.generation.0),
    }
}

pub(super) fn alert_to_wire(alert: Alert, acknowledged: u64) -> v1::Alert {
    let kind = match alert.kind {
        AlertKind::Listed => v1::AlertKind::Listed,
        AlertKind::Delisted => v1::AlertKind::Delisted,
        AlertKind::Amended => v1::AlertKind::Amended,
    };
    v1::Alert {
        sequence: alert.sequence,
        id: alert.id.to_string(),
        at: convert::instant(alert.at),
        kind: kind.into(),
        portfolio: alert.portfolio.to_string(),
        address: alert.address,
        tag: alert.tag.unwrap_or_default(),
        network: alert.network,
        reference: alert.reference,
        before: alert.before.as_ref().map(side_to_wire),
        after: Some(side_to_wire(&alert.after)),
        r#match: Some(convert::matched(alert.found)),
        acknowledged: alert.sequence <= acknowledged,
    }
}

fn side_to_wire(side: &Side) -> v1::AlertSide {
    v1::AlertSide {
        generation: side.generation.0,
        generation_digest: side.digest.to_vec(),
        verdict: convert::verdict(side.verdict).into(),
        action: convert::action(side.action).into(),
    }
}

pub(super) fn webhook_to_wire(
    (webhook, status): (webhook::Webhook, webhook::Status),
) -> v1::Webhook {
    v1::Webhook {
        url: webhook.shown_url(),
        name: webhook.name,
        delivered: status.delivered,
        failures: status.failures,
        last_error: status.last_error.unwrap_or_default(),
        next_try_at: status.next_try.map(convert::instant).unwrap_or_default(),
        disabled: status.disabled,
    }
}

impl Coded for ImportError {
    fn code(&self) -> Code {
        match self {
            Self::Busy => Code::Aborted,
            Self::Pin(error) => error.code(),
            Self::TooManyMembers { .. } => Code::ResourceExhausted,
            Self::TooManyAdditions { .. } => Code::FailedPrecondition,
            Self::NotWhole { .. } => Code::InvalidArgument,
            Self::Unread
            | Self::Book(_)
            | Self::Edition(_)
            | Self::Read(_)
            | Self::Write(_)
            | Self::Behind(_) => Code::Unavailable,
        }
    }
}

impl Coded for AdvanceError {
    fn code(&self) -> Code {
        Code::Unavailable
    }
}

impl Coded for RemoveError {
    fn code(&self) -> Code {
        match self {
            Self::Unknown(_) => Code::NotFound,
            Self::Read(_) | Self::Write(_) => Code::Unavailable,
        }
    }
}

impl Coded for AcknowledgeError {
    fn code(&self) -> Code {
        match self {
            Self::NoSuchAlert { .. } => Code::InvalidArgument,
            Self::Read(_) | Self::Write(_) => Code::Unavailable,
        }
    }
}
