//! The list of what is written down; the codes are an interface that others filter and alert by.

words! {
    /// What was done, as a stable code.
    Action, "the codes of the audit log" {
        /// The first administrator was made with the set-up token.
        ServerSetUp = "server.set_up",
        /// Somebody signed in.
        SignedIn = "session.signed_in",
        /// Somebody signed out.
        SignedOut = "session.signed_out",
        /// Too many wrong passwords: the next one has to wait.
        SignInDelayed = "session.delayed",
        /// Somebody gave their password again.
        SessionProved = "session.proved",
        /// Somebody ended another session of theirs.
        SessionRevoked = "session.revoked",
        /// Somebody ended all their other sessions.
        OtherSessionsRevoked = "session.others_revoked",
        /// An account was made.
        UserCreated = "user.created",
        /// An account got another name.
        UserRenamed = "user.renamed",
        /// Somebody changed their password.
        PasswordChanged = "user.password_changed",
        /// Somebody else set an account's password.
        PasswordReset = "user.password_reset",
        /// An account was disabled.
        UserDisabled = "user.disabled",
        /// An account was enabled again.
        UserEnabled = "user.enabled",
        /// An account became a server administrator.
        ServerAdminGranted = "user.server_admin_granted",
        /// An account is no server administrator any more.
        ServerAdminWithdrawn = "user.server_admin_withdrawn",
        /// A workspace was made.
        WorkspaceCreated = "workspace.created",
        /// Somebody was invited.
        InvitationSent = "invitation.sent",
        /// An invitation was taken back.
        InvitationRevoked = "invitation.revoked",
        /// An invitation was accepted.
        InvitationAccepted = "invitation.accepted",
        /// A user became a member.
        MemberAdded = "membership.added",
        /// A member got another role.
        MemberRoleChanged = "membership.role_changed",
        /// A member was narrowed to other tenants, or widened.
        MemberReachChanged = "membership.reach_changed",
        /// A member was removed.
        MemberRemoved = "membership.removed",
        /// An API token was made.
        TokenCreated = "token.created",
        /// An API token was revoked.
        TokenRevoked = "token.revoked",
        /// A tenant was connected.
        TenantConnected = "tenant.connected",
        /// The connection of a tenant was changed.
        TenantChanged = "tenant.changed",
        /// A tenant was connected again, disconnected, or is being removed.
        TenantStateChanged = "tenant.state_changed",
        /// An operation was started.
        RunStarted = "run.started",
        /// An operation was started although its last run was cooling.
        RunForced = "run.forced",
        /// An ended run was run again.
        RunRepeated = "run.repeated",
        /// A run was called off.
        RunCancelled = "run.cancelled",
        /// A kind of operation was paused.
        KindPaused = "kind.paused",
        /// A kind of operation was resumed.
        KindResumed = "kind.resumed",
        /// A schedule was made.
        ScheduleCreated = "schedule.created",
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    /// Codes are only added: one that is in the logs of others never changes its meaning.
    const PINNED: &str = "\
server.set_up
session.signed_in
session.signed_out
session.delayed
session.proved
session.revoked
session.others_revoked
user.created
user.renamed
user.password_changed
user.password_reset
user.disabled
user.enabled
user.server_admin_granted
user.server_admin_withdrawn
workspace.created
invitation.sent
invitation.revoked
invitation.accepted
membership.added
membership.role_changed
membership.reach_changed
membership.removed
token.created
token.revoked
tenant.connected
tenant.changed
tenant.state_changed
run.started
run.forced
run.repeated
run.cancelled
kind.paused
kind.resumed
schedule.created
";

    #[test]
    fn the_codes_of_the_audit_log_are_pinned() {
        let codes: String = Action::ALL.iter().map(|action| format!("{action}\n")).collect();
        assert_eq!(codes, PINNED);
    }

    #[test]
    fn codes_read_as_they_are_written() {
        for action in Action::ALL {
            assert_eq!(Action::from_str(action.as_str()), Ok(*action));
            assert!((3..=64).contains(&action.as_str().len()));
        }
    }
}
