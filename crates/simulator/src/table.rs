//! The table of collections.
//!
//! Facts are from Microsoft's Graph reference and from what authors of other tools report; sizes without a
//! report are [`DEFAULT_PAGE`]. The table is written by hand for the simulator alone.

use crate::collections::{Assign, Collection, DEFAULT_PAGE, DEFAULT_TOP_MAX};
use crate::parts::{
    APPS, ASSIGNMENTS, ASSIGNMENTS_NOT_EXPANDED, ASSIGNMENTS_ON_ITEM, CATEGORIES, COMBINATIONS,
    DEFINITION_VALUES, EXEMPT_FILES, FILES, LANDING_IMAGE, LIGHT_LOGO, MEMBERS, MESSAGES, PLAIN_SETTINGS,
    POLICY_SET_ITEMS, PROTECTED_FILES, RELATIONSHIPS, ROLE_DEFINITION, ROLE_SCOPE_TAGS, SCHEDULED_ACTIONS,
    SETTINGS, THEME_LOGO,
};

const SCRIPT_ASSIGN: Assign = Assign::Silent("deviceManagementScriptAssignments");
const HEALTH_ASSIGN: Assign = Assign::Silent("deviceHealthScriptAssignments");

/// Every collection, by area.
pub(crate) static TABLE: &[Collection] = &[
    // Settings catalog and its kin.
    Collection::many("configurationPolicies", "/deviceManagement/configurationPolicies")
        .beta()
        .of("#microsoft.graph.deviceManagementConfigurationPolicy")
        .named_by("name")
        .pages(25, 100)
        .parts(&[SETTINGS, ASSIGNMENTS_NOT_EXPANDED])
        .assign(Assign::Listing("assignments"))
        .put()
        .page_count()
        .sourced(),
    Collection::many("compliancePolicies", "/deviceManagement/compliancePolicies")
        .beta()
        .of("#microsoft.graph.deviceManagementCompliancePolicy")
        .named_by("name")
        .pages(25, 100)
        .parts(&[SETTINGS, SCHEDULED_ACTIONS, ASSIGNMENTS_NOT_EXPANDED])
        .assign(Assign::Listing("assignments"))
        .put()
        .sourced(),
    Collection::many("inventoryPolicies", "/deviceManagement/inventoryPolicies")
        .named_by("name")
        .pages(25, 100)
        .parts(&[SETTINGS, ASSIGNMENTS_NOT_EXPANDED])
        .assign(Assign::Listing("assignments"))
        .put(),
    Collection::many("reusablePolicySettings", "/deviceManagement/reusablePolicySettings")
        .beta()
        .of("#microsoft.graph.deviceManagementReusablePolicySetting")
        .null_in_list(&["settingInstance"])
        .put(),
    // Device configuration and compliance.
    Collection::many("deviceConfigurations", "/deviceManagement/deviceConfigurations")
        .pages(30, DEFAULT_TOP_MAX)
        .parts(&[ASSIGNMENTS])
        .assign(Assign::Listing("assignments"))
        .sourced(),
    Collection::many("deviceCompliancePolicies", "/deviceManagement/deviceCompliancePolicies")
        .parts(&[SCHEDULED_ACTIONS, ASSIGNMENTS])
        .assign(Assign::Listing("assignments"))
        .sourced(),
    Collection::many("groupPolicyConfigurations", "/deviceManagement/groupPolicyConfigurations")
        .beta()
        .of("#microsoft.graph.groupPolicyConfiguration")
        .parts(&[DEFINITION_VALUES, ASSIGNMENTS])
        .assign(Assign::Listing("assignments")),
    Collection::many(
        "groupPolicyUploadedDefinitionFiles",
        "/deviceManagement/groupPolicyUploadedDefinitionFiles",
    )
    .beta()
    .of("#microsoft.graph.groupPolicyUploadedDefinitionFile")
    .named_by("fileName")
    .absent_in_list(&["content"])
    .uncreated(),
    Collection::many("intents", "/deviceManagement/intents")
        .beta()
        .of("#microsoft.graph.deviceManagementIntent")
        .parts(&[PLAIN_SETTINGS, ASSIGNMENTS])
        .assign(Assign::Silent("assignments"))
        .uncreated(),
    Collection::many("templates", "/deviceManagement/templates").beta().timeless(),
    Collection::many("hardwareConfigurations", "/deviceManagement/hardwareConfigurations")
        .beta()
        .of("#microsoft.graph.hardwareConfiguration")
        .null_in_list(&["configurationFileContent"])
        .parts(&[ASSIGNMENTS])
        .assign(Assign::Listing("hardwareConfigurationAssignments")),
    Collection::many("resourceAccessProfiles", "/deviceManagement/resourceAccessProfiles")
        .beta()
        .parts(&[ASSIGNMENTS])
        .assign(Assign::Listing("assignments"))
        .times(Some("creationDateTime"), Some("lastModifiedDateTime")),
    Collection::many("embeddedSIMActivationCodePools", "/deviceManagement/embeddedSIMActivationCodePools")
        .beta()
        .of("#microsoft.graph.embeddedSIMActivationCodePool")
        .parts(&[ASSIGNMENTS])
        .assign(Assign::Listing("assignments"))
        .modified(),
    // Scripts.
    Collection::many("deviceManagementScripts", "/deviceManagement/deviceManagementScripts")
        .beta()
        .of("#microsoft.graph.deviceManagementScript")
        .null_in_list(&["scriptContent"])
        .parts(&[ASSIGNMENTS])
        .assign(SCRIPT_ASSIGN),
    Collection::many("deviceShellScripts", "/deviceManagement/deviceShellScripts")
        .beta()
        .of("#microsoft.graph.deviceShellScript")
        .null_in_list(&["scriptContent"])
        .parts(&[ASSIGNMENTS])
        .assign(SCRIPT_ASSIGN),
    Collection::many(
        "deviceCustomAttributeShellScripts",
        "/deviceManagement/deviceCustomAttributeShellScripts",
    )
    .beta()
    .of("#microsoft.graph.deviceCustomAttributeShellScript")
    .null_in_list(&["scriptContent"])
    .parts(&[ASSIGNMENTS])
    .assign(SCRIPT_ASSIGN),
    Collection::many("deviceHealthScripts", "/deviceManagement/deviceHealthScripts")
        .beta()
        .of("#microsoft.graph.deviceHealthScript")
        .null_in_list(&["detectionScriptContent", "remediationScriptContent"])
        .parts(&[ASSIGNMENTS])
        .assign(HEALTH_ASSIGN),
    Collection::many("deviceComplianceScripts", "/deviceManagement/deviceComplianceScripts")
        .beta()
        .of("#microsoft.graph.deviceComplianceScript")
        .null_in_list(&["detectionScriptContent"])
        .parts(&[ASSIGNMENTS])
        .assign(HEALTH_ASSIGN),
    // Enrollment.
    Collection::many("deviceEnrollmentConfigurations", "/deviceManagement/deviceEnrollmentConfigurations")
        .parts(&[ASSIGNMENTS])
        .assign(Assign::Silent("enrollmentConfigurationAssignments"))
        .sourced(),
    Collection::many(
        "windowsAutopilotDeploymentProfiles",
        "/deviceManagement/windowsAutopilotDeploymentProfiles",
    )
    .beta()
    .parts(&[ASSIGNMENTS])
    .assign(Assign::OneByOne)
    .sourced(),
    Collection::many(
        "appleUserInitiatedEnrollmentProfiles",
        "/deviceManagement/appleUserInitiatedEnrollmentProfiles",
    )
    .beta()
    .of("#microsoft.graph.appleUserInitiatedEnrollmentProfile")
    .parts(&[ASSIGNMENTS])
    .assign(Assign::OneByOne),
    Collection::many("depOnboardingSettings", "/deviceManagement/depOnboardingSettings")
        .beta()
        .of("#microsoft.graph.depOnboardingSetting")
        .named_by("tokenName")
        .uncreated(),
    Collection::below(
        "enrollmentProfiles",
        "/deviceManagement/depOnboardingSettings/{parent}/enrollmentProfiles",
        "depOnboardingSettings",
    )
    .beta()
    .timeless(),
    Collection::many(
        "androidDeviceOwnerEnrollmentProfiles",
        "/deviceManagement/androidDeviceOwnerEnrollmentProfiles",
    )
    .beta()
    .of("#microsoft.graph.androidDeviceOwnerEnrollmentProfile"),
    Collection::many(
        "androidForWorkEnrollmentProfiles",
        "/deviceManagement/androidForWorkEnrollmentProfiles",
    )
    .beta()
    .of("#microsoft.graph.androidForWorkEnrollmentProfile"),
    // Windows updates.
    Collection::many("windowsFeatureUpdateProfiles", "/deviceManagement/windowsFeatureUpdateProfiles")
        .beta()
        .of("#microsoft.graph.windowsFeatureUpdateProfile")
        .pages(DEFAULT_PAGE, 200)
        .parts(&[ASSIGNMENTS])
        .assign(Assign::Silent("assignments")),
    Collection::many("windowsQualityUpdateProfiles", "/deviceManagement/windowsQualityUpdateProfiles")
        .beta()
        .of("#microsoft.graph.windowsQualityUpdateProfile")
        .parts(&[ASSIGNMENTS])
        .assign(Assign::Silent("assignments")),
    Collection::many("windowsQualityUpdatePolicies", "/deviceManagement/windowsQualityUpdatePolicies")
        .beta()
        .of("#microsoft.graph.windowsQualityUpdatePolicy")
        .parts(&[ASSIGNMENTS])
        .assign(Assign::Silent("assignments")),
    Collection::many("windowsDriverUpdateProfiles", "/deviceManagement/windowsDriverUpdateProfiles")
        .beta()
        .of("#microsoft.graph.windowsDriverUpdateProfile")
        .parts(&[ASSIGNMENTS])
        .assign(Assign::Silent("assignments")),
    // Tenant administration.
    Collection::many("termsAndConditions", "/deviceManagement/termsAndConditions")
        .of("#microsoft.graph.termsAndConditions")
        .parts(&[ASSIGNMENTS])
        .assign(Assign::OneByOne),
    Collection::many("notificationMessageTemplates", "/deviceManagement/notificationMessageTemplates")
        .of("#microsoft.graph.notificationMessageTemplate")
        .parts(&[MESSAGES])
        .uncreated(),
    Collection::many("roleDefinitions", "/deviceManagement/roleDefinitions").timeless(),
    Collection::many("roleAssignments", "/deviceManagement/roleAssignments")
        .parts(&[ROLE_DEFINITION, ROLE_SCOPE_TAGS])
        .timeless(),
    Collection::many("roleScopeTags", "/deviceManagement/roleScopeTags")
        .beta()
        .of("#microsoft.graph.roleScopeTag")
        .parts(&[ASSIGNMENTS])
        .assign(Assign::Listing("assignments"))
        .timeless(),
    Collection::many("assignmentFilters", "/deviceManagement/assignmentFilters").beta(),
    Collection::many("deviceCategories", "/deviceManagement/deviceCategories")
        .of("#microsoft.graph.deviceCategory")
        .timeless(),
    Collection::many("intuneBrandingProfiles", "/deviceManagement/intuneBrandingProfiles")
        .beta()
        .of("#microsoft.graph.intuneBrandingProfile")
        .named_by("profileName")
        .parts(&[ASSIGNMENTS, THEME_LOGO, LIGHT_LOGO, LANDING_IMAGE])
        .assign(Assign::Silent("assignments")),
    Collection::many("managedDeviceCleanupRules", "/deviceManagement/managedDeviceCleanupRules")
        .beta()
        .of("#microsoft.graph.managedDeviceCleanupRule")
        .uncreated(),
    Collection::many("operationApprovalPolicies", "/deviceManagement/operationApprovalPolicies")
        .beta()
        .of("#microsoft.graph.operationApprovalPolicy")
        .uncreated(),
    Collection::many("operationApprovalRequests", "/deviceManagement/operationApprovalRequests")
        .beta()
        .of("#microsoft.graph.operationApprovalRequest")
        .times(Some("requestDateTime"), Some("lastModifiedDateTime")),
    Collection::single("deviceManagementSettings", "/deviceManagement/settings"),
    Collection::many("microsoftTunnelConfigurations", "/deviceManagement/microsoftTunnelConfigurations")
        .beta()
        .of("#microsoft.graph.microsoftTunnelConfiguration")
        .timeless(),
    Collection::many("microsoftTunnelSites", "/deviceManagement/microsoftTunnelSites"),
    // Windows 365.
    Collection::many("provisioningPolicies", "/deviceManagement/virtualEndpoint/provisioningPolicies")
        .of("#microsoft.graph.cloudPcProvisioningPolicy")
        .parts(&[ASSIGNMENTS])
        .assign(Assign::Silent("assignments")),
    Collection::many("userSettings", "/deviceManagement/virtualEndpoint/userSettings")
        .of("#microsoft.graph.cloudPcUserSetting")
        .parts(&[ASSIGNMENTS])
        .assign(Assign::Silent("assignments")),
    // Apps.
    Collection::many("mobileApps", "/deviceAppManagement/mobileApps")
        .absent_in_list(&["roleScopeTagIds"])
        .parts(&[CATEGORIES, RELATIONSHIPS, ASSIGNMENTS])
        .assign(Assign::Silent("mobileAppAssignments"))
        .sourced(),
    Collection::many("mobileAppCategories", "/deviceAppManagement/mobileAppCategories")
        .of("#microsoft.graph.mobileAppCategory")
        .uncreated(),
    Collection::many("mobileAppConfigurations", "/deviceAppManagement/mobileAppConfigurations")
        .parts(&[ASSIGNMENTS])
        .assign(Assign::Silent("assignments")),
    Collection::many(
        "targetedManagedAppConfigurations",
        "/deviceAppManagement/targetedManagedAppConfigurations",
    )
    .of("#microsoft.graph.targetedManagedAppConfiguration")
    .parts(&[APPS, PLAIN_SETTINGS, ASSIGNMENTS])
    .assign(Assign::Silent("assignments"))
    .sourced(),
    Collection::many("iosManagedAppProtections", "/deviceAppManagement/iosManagedAppProtections")
        .of("#microsoft.graph.iosManagedAppProtection")
        .parts(&[APPS, ASSIGNMENTS])
        .assign(Assign::Silent("assignments"))
        .sourced(),
    Collection::many("androidManagedAppProtections", "/deviceAppManagement/androidManagedAppProtections")
        .of("#microsoft.graph.androidManagedAppProtection")
        .parts(&[APPS, ASSIGNMENTS])
        .assign(Assign::Silent("assignments"))
        .sourced(),
    Collection::many("windowsManagedAppProtections", "/deviceAppManagement/windowsManagedAppProtections")
        .beta()
        .of("#microsoft.graph.windowsManagedAppProtection")
        .parts(&[APPS, ASSIGNMENTS])
        .assign(Assign::Silent("assignments"))
        .sourced(),
    Collection::many(
        "mdmWindowsInformationProtectionPolicies",
        "/deviceAppManagement/mdmWindowsInformationProtectionPolicies",
    )
    .of("#microsoft.graph.mdmWindowsInformationProtectionPolicy")
    .parts(&[PROTECTED_FILES, EXEMPT_FILES, ASSIGNMENTS])
    .assign(Assign::Silent("assignments"))
    .sourced(),
    Collection::many(
        "windowsInformationProtectionPolicies",
        "/deviceAppManagement/windowsInformationProtectionPolicies",
    )
    .of("#microsoft.graph.windowsInformationProtectionPolicy")
    .parts(&[PROTECTED_FILES, EXEMPT_FILES, ASSIGNMENTS])
    .assign(Assign::Silent("assignments"))
    .sourced(),
    Collection::many(
        "iosLobAppProvisioningConfigurations",
        "/deviceAppManagement/iosLobAppProvisioningConfigurations",
    )
    .beta()
    .of("#microsoft.graph.iosLobAppProvisioningConfiguration")
    .null_in_list(&["payload"])
    .parts(&[ASSIGNMENTS])
    .assign(Assign::Silent("iOSLobAppProvisioningConfigAssignments")),
    Collection::many("managedEBooks", "/deviceAppManagement/managedEBooks")
        .parts(&[ASSIGNMENTS])
        .assign(Assign::Silent("managedEBookAssignments")),
    Collection::many("policySets", "/deviceAppManagement/policySets")
        .beta()
        .of("#microsoft.graph.policySet")
        .parts(&[POLICY_SET_ITEMS, ASSIGNMENTS_ON_ITEM]),
    Collection::many("wdacSupplementalPolicies", "/deviceAppManagement/wdacSupplementalPolicies")
        .beta()
        .of("#microsoft.graph.windowsDefenderApplicationControlSupplementalPolicy")
        .null_in_list(&["content"])
        .parts(&[ASSIGNMENTS])
        .assign(Assign::Silent("wdacPolicyAssignments"))
        .times(Some("creationDateTime"), Some("lastModifiedDateTime")),
    Collection::many("vppTokens", "/deviceAppManagement/vppTokens")
        .of("#microsoft.graph.vppToken")
        .uncreated(),
    // Conditional Access and Entra.
    Collection::many("conditionalAccessPolicies", "/identity/conditionalAccess/policies")
        .of("#microsoft.graph.conditionalAccessPolicy")
        .modified(),
    Collection::many("namedLocations", "/identity/conditionalAccess/namedLocations").modified(),
    Collection::many(
        "authenticationStrengthPolicies",
        "/identity/conditionalAccess/authenticationStrength/policies",
    )
    .also_at(&[
        "/identity/conditionalAccess/authenticationStrengths/policies",
        "/policies/authenticationStrengthPolicies",
    ])
    .of("#microsoft.graph.authenticationStrengthPolicy")
    .parts(&[COMBINATIONS])
    .modified(),
    Collection::many(
        "authenticationContextClassReferences",
        "/identity/conditionalAccess/authenticationContextClassReferences",
    )
    .of("#microsoft.graph.authenticationContextClassReference")
    .timeless(),
    Collection::many("termsOfUseAgreements", "/identityGovernance/termsOfUse/agreements").parts(&[FILES]),
    Collection::single("authenticationMethodsPolicy", "/policies/authenticationMethodsPolicy"),
    Collection::single("authorizationPolicy", "/policies/authorizationPolicy"),
    Collection::single("deviceRegistrationPolicy", "/policies/deviceRegistrationPolicy").put(),
    Collection::single("externalIdentitiesPolicy", "/policies/externalIdentitiesPolicy"),
    Collection::single(
        "identitySecurityDefaultsEnforcementPolicy",
        "/policies/identitySecurityDefaultsEnforcementPolicy",
    ),
    Collection::single("authenticationFlowsPolicy", "/policies/authenticationFlowsPolicy"),
    // Directory.
    Collection::many("groups", "/groups")
        .of("#microsoft.graph.group")
        .pages(100, 999)
        .parts(&[MEMBERS])
        .times(Some("createdDateTime"), None),
    Collection::many("groupSettings", "/groupSettings"),
    Collection::many("organization", "/organization")
        .of("#microsoft.graph.organization")
        .times(Some("createdDateTime"), None),
    // Connectors and inventory.
    Collection::single(
        "applePushNotificationCertificate",
        "/deviceManagement/applePushNotificationCertificate",
    )
    .named_by("appleIdentifier"),
    Collection::single(
        "androidManagedStoreAccountEnterpriseSettings",
        "/deviceManagement/androidManagedStoreAccountEnterpriseSettings",
    ),
    Collection::many("complianceManagementPartners", "/deviceManagement/complianceManagementPartners")
        .of("#microsoft.graph.complianceManagementPartner")
        .timeless(),
    Collection::many("deviceManagementPartners", "/deviceManagement/deviceManagementPartners"),
    Collection::many("mobileThreatDefenseConnectors", "/deviceManagement/mobileThreatDefenseConnectors")
        .of("#microsoft.graph.mobileThreatDefenseConnector")
        .named_by("partnerDisplayName")
        .timeless(),
    Collection::many("remoteAssistancePartners", "/deviceManagement/remoteAssistancePartners"),
    Collection::many("ndesConnectors", "/deviceManagement/ndesConnectors"),
    Collection::many(
        "windowsAutopilotDeviceIdentities",
        "/deviceManagement/windowsAutopilotDeviceIdentities",
    )
    .named_by("serialNumber"),
    Collection::many("importedDeviceIdentities", "/deviceManagement/importedDeviceIdentities")
        .named_by("importedDeviceIdentifier"),
];
