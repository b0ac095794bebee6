//! The table: which roles a method asks for, and on which listeners it is
//! served.
//!
//! Rows are gRPC paths. An HTTP route stands for a gRPC method and is judged
//! by that method's row, so both edges have the same rules.

use thiserror::Error;

use super::{Caller, Role, Roles, Standing};

/// Which kind of listener a request came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// What customers' systems reach: gRPC, and HTTP beside it.
    Public,
    /// The operator's own: a Unix socket or loopback by default.
    Admin,
}

/// What a method asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Any one of these will do. [`Open`](Self::is_open) methods ask for none.
    pub roles: Roles,
    /// Served on admin listeners only.
    pub admin_only: bool,
    open: bool,
}

/// Why a caller may not call a method.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Denied {
    /// The table has no such method.
    #[error("there is no method `{0}`")]
    NoSuchMethod(String),
    /// The caller proved nothing, and nobody may call this so.
    #[error("this needs credentials: a client certificate or an API key with {}", any_of(*.0))]
    NoCredentials(Roles),
    /// The caller is known, and has none of the roles.
    #[error("`{caller}` has the roles {held}, and this needs {}", any_of(*.needed))]
    MissingRole {
        /// Who asked.
        caller: String,
        /// What it may do.
        held: Roles,
        /// What would do.
        needed: Roles,
    },
    /// The method is served on the admin listener only.
    #[error("this is served on the admin listener only (`[admin] listen`)")]
    AdminOnly,
}

fn any_of(roles: Roles) -> String {
    let names: Vec<_> = roles.iter().map(|role| format!("`{role}`")).collect();
    match names.as_slice() {
        [one] => format!("the role {one}"),
        several => format!("one of the roles {}", several.join(", ")),
    }
}

impl Rule {
    const OPEN: Self = Self {
        roles: Roles::ALL,
        admin_only: false,
        open: true,
    };

    const fn any(roles: &[Role]) -> Self {
        let roles = Roles::of(roles);
        let decides = Roles::of(&[Role::Import, Role::Admin]);
        let asks = Roles::of(&[Role::Screen, Role::Rescreen, Role::AuditRead]);
        Self {
            roles,
            admin_only: roles.meets(decides) && !roles.meets(asks),
            open: false,
        }
    }

    /// Tells whether anybody may call it.
    pub fn is_open(self) -> bool {
        self.open
    }

    /// Returns what a call of it rests on for as long as it goes on; nothing
    /// where anybody may call.
    pub fn rests_on(self, caller: &Caller) -> Option<Standing> {
        (!self.open).then(|| caller.standing().clone())
    }

    /// Decides about a caller on a kind of listener.
    ///
    /// # Errors
    ///
    /// If the caller may not, and why.
    pub fn check(self, caller: &Caller, surface: Surface) -> Result<(), Denied> {
        if self.admin_only && surface == Surface::Public {
            return Err(Denied::AdminOnly);
        }
        if self.open || self.roles.meets(caller.roles()) {
            return Ok(());
        }
        if caller.is_anonymous() {
            return Err(Denied::NoCredentials(self.roles));
        }
        Err(Denied::MissingRole {
            caller: caller.name().to_owned(),
            held: caller.roles(),
            needed: self.roles,
        })
    }
}

/// Returns what a method asks for, by its gRPC path
/// (`/interdict.v1.ScreeningService/ScreenAddress`); `None` for a path that
/// no row names, which is to be denied.
pub fn rule(path: &str) -> Option<Rule> {
    use Role::{Admin, AuditRead, Import, Rescreen, Screen};

    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    if let Some(service) = service.strip_prefix("interdict.v1.") {
        return Some(Rule::any(match (service, method) {
            ("ScreeningService", "ScreenAddress" | "ScreenAddresses") => &[Screen],
            ("ScreeningService", "RescreenAddresses") => &[Rescreen],
            ("ListService", "ImportPublication") => &[Import],
            ("ListService", "ListSources" | "ListGenerations" | "DiffGenerations")
            | ("HistoryService", "GetAddressHistory" | "ListIncidents" | "GetIncident")
            | ("SyncService", "ListSyncs")
            | ("StatusService", "GetStatus") => &Role::ALL,
            ("StatusService", "Watch") => &[AuditRead],
            ("SyncService", "SyncSources") | ("BundleService", "ImportBundle") => &[Import],
            ("HistoryService", "RollBack")
            | ("BundleService", "CreateBundle")
            | ("BackupService", "CreateBackup")
            | ("ConfigService", "ReloadConfiguration")
            | (
                "OperatorService",
                "AddAddress" | "RemoveAddress" | "ApprovePending" | "RejectPending",
            ) => &[Admin],
            ("OperatorService", "ListAddresses" | "ListPending" | "GetPending") => &[Admin, Import],
            (
                "MonitorService",
                "ImportPortfolio" | "RemovePortfolio" | "ListPortfolios" | "StreamAlerts"
                | "AcknowledgeAlerts" | "ListWebhooks",
            ) => &[Rescreen],
            ("AuditService", "GetRecord" | "StreamRecords" | "GetCheckpoint" | "GetReceipt") => {
                &[AuditRead]
            }
            _ => return None,
        }));
    }
    match service {
        "grpc.health.v1.Health"
        | "grpc.reflection.v1.ServerReflection"
        | "grpc.reflection.v1alpha.ServerReflection" => Some(Rule::OPEN),
        _ => None,
    }
}
