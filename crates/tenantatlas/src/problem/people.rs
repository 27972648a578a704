//! What is told of verbs about people, workspaces, tokens and the audit log.

use tenancy::audit::AuditError;
use tenancy::invitation::InvitationError;
use tenancy::membership::MembershipError;
use tenancy::password::HashError;
use tenancy::token::TokenError;
use tenancy::user::{CreateUserError, NameError, RenameError, ResetPasswordError, UserError};
use tenancy::workspace::CreateWorkspaceError;

use super::{Problem, chain};

impl From<NameError> for Problem {
    fn from(error: NameError) -> Self {
        Self::wrong_use("user.name", chain(&error))
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        Self::failed("password.hash", chain(&error))
    }
}

impl From<CreateUserError> for Problem {
    fn from(error: CreateUserError) -> Self {
        match error {
            CreateUserError::Taken => Self::wrong_use("user.exists", chain(&error))
                .advice("`tenantatlas users list` names those there are"),
            CreateUserError::Name(error) => error.into(),
            CreateUserError::Password(_) => Self::wrong_use("password.refused", chain(&error)),
            CreateUserError::Hash(error) => error.into(),
            CreateUserError::Database(error) => error.into(),
            _ => Self::failed("user.not_made", chain(&error)),
        }
    }
}

impl From<RenameError> for Problem {
    fn from(error: RenameError) -> Self {
        match error {
            RenameError::Name(error) => error.into(),
            RenameError::Database(error) => error.into(),
            _ => Self::failed("user.not_renamed", chain(&error)),
        }
    }
}

impl From<ResetPasswordError> for Problem {
    fn from(error: ResetPasswordError) -> Self {
        match error {
            ResetPasswordError::Password(_) => Self::wrong_use("password.refused", chain(&error)),
            ResetPasswordError::Hash(error) => error.into(),
            ResetPasswordError::Database(error) => error.into(),
            _ => Self::failed("password.not_reset", chain(&error)),
        }
    }
}

impl From<UserError> for Problem {
    fn from(error: UserError) -> Self {
        match error {
            UserError::NoSuchUser => Self::wrong_use("user.unknown", chain(&error)),
            UserError::LastServerAdmin => Self::failed("user.last_server_admin", chain(&error)),
            UserError::Database(error) => error.into(),
            _ => Self::failed("user.not_changed", chain(&error)),
        }
    }
}

impl From<MembershipError> for Problem {
    fn from(error: MembershipError) -> Self {
        match error {
            MembershipError::NoSuchUser | MembershipError::NoSuchMember => {
                Self::wrong_use("member.unknown", chain(&error))
            }
            MembershipError::AlreadyMember => Self::wrong_use("member.exists", chain(&error))
                .advice("`tenantatlas members role` gives another role, `members narrow` other tenants"),
            MembershipError::NoSuchTenant => Self::wrong_use("tenant.unknown", chain(&error)),
            MembershipError::LastOwner => Self::failed("member.last_owner", chain(&error)),
            MembershipError::Database(error) => error.into(),
            _ => Self::failed("member.not_changed", chain(&error)),
        }
    }
}

impl From<CreateWorkspaceError> for Problem {
    fn from(error: CreateWorkspaceError) -> Self {
        match error {
            CreateWorkspaceError::Taken => Self::wrong_use("workspace.exists", chain(&error))
                .advice("`tenantatlas workspaces list` shows those there are"),
            CreateWorkspaceError::Name(error) => error.into(),
            CreateWorkspaceError::NoSuchUser => Self::wrong_use("user.unknown", chain(&error)),
            CreateWorkspaceError::Database(error) => error.into(),
            _ => Self::failed("workspace.not_made", chain(&error)),
        }
    }
}

impl From<InvitationError> for Problem {
    fn from(error: InvitationError) -> Self {
        match error {
            InvitationError::AlreadyMember => Self::wrong_use("member.exists", chain(&error)),
            InvitationError::NoSuchTenant => Self::wrong_use("tenant.unknown", chain(&error)),
            InvitationError::NoSuchInvitation => Self::wrong_use("invitation.unknown", chain(&error))
                .advice("`tenantatlas invitations list` shows those that are open"),
            InvitationError::Database(error) => error.into(),
            _ => Self::failed("invitation.not_changed", chain(&error)),
        }
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::NoSuchMember => Self::wrong_use("member.unknown", chain(&error)),
            TokenError::Name | TokenError::Expiry | TokenError::Capabilities => {
                Self::wrong_use("token.invalid", chain(&error))
            }
            TokenError::NoSuchToken => Self::wrong_use("token.unknown", chain(&error))
                .advice("`tenantatlas tokens list` shows those there are"),
            TokenError::TooMany => Self::failed("token.too_many", chain(&error)),
            TokenError::Database(error) => error.into(),
            _ => Self::failed("token.not_changed", chain(&error)),
        }
    }
}

impl From<AuditError> for Problem {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Database(error) => error.into(),
            _ => Self::failed("audit.not_allowed", chain(&error)),
        }
    }
}
