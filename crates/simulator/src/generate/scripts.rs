//! Scripts, with content in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Recipe, World};

const POWERSHELL: &str = "# Clears temporary files that are older than {days} days.\r\n$limit = (Get-Date).AddDays(-{days})\r\nGet-ChildItem $env:TEMP -Recurse | Where-Object LastWriteTime -lt $limit | Remove-Item -Force\r\n";

const SHELL: &str = "#!/bin/sh\n# Sets the time zone and keeps logs for {days} days.\nsystemsetup -settimezone Europe/Berlin\nfind /var/log -name '*.old' -mtime +{days} -delete\n";

const DETECT: &str = "# Reports a restart that is {days} days late.\r\n$boot = (Get-CimInstance Win32_OperatingSystem).LastBootUpTime\r\nif ($boot -lt (Get-Date).AddDays(-{days})) { exit 1 }\r\nexit 0\r\n";

const REMEDIATE: &str =
    "# Asks for a restart.\r\nWrite-Output 'This device should be restarted.'\r\nexit 0\r\n";

/// Returns the recipes of this area.
pub(super) fn recipes() -> Vec<Box<dyn Recipe>> {
    vec![Box::new(powershell), Box::new(remediation), Box::new(shell)]
}

fn content(script: &str, days: usize) -> String {
    STANDARD.encode(script.replace("{days}", &days.to_string()))
}

fn powershell(world: &mut World, variant: usize) {
    let days = world.numbers.between(7, 60);
    let assignments = world.assignments();
    let script = json!({
        "displayName": world.name("Windows - Clear temporary files", variant),
        "description": "Runs once a device",
        "scriptContent": content(POWERSHELL, days),
        "fileName": "clear-temporary-files.ps1",
        "runAsAccount": "system",
        "enforceSignatureCheck": false,
        "runAs32Bit": false,
        "roleScopeTagIds": ["0"],
        "assignments": assignments,
    });
    world.put("deviceManagementScripts", script);
}

fn remediation(world: &mut World, variant: usize) {
    let days = world.numbers.between(5, 30);
    let assignments = world.assignments();
    let script = json!({
        "displayName": world.name("Windows - Overdue restart", variant),
        "description": "Finds devices that were not restarted for long",
        "publisher": "Workplace team",
        "version": "1",
        "detectionScriptContent": content(DETECT, days),
        "remediationScriptContent": content(REMEDIATE, days),
        "runAsAccount": "user",
        "enforceSignatureCheck": false,
        "runAs32Bit": false,
        "isGlobalScript": false,
        "deviceHealthScriptType": "deviceHealthScript",
        "roleScopeTagIds": ["0"],
        "detectionScriptParameters": [],
        "remediationScriptParameters": [],
        "assignments": assignments,
    });
    world.put("deviceHealthScripts", script);
}

fn shell(world: &mut World, variant: usize) {
    let days = world.numbers.between(7, 60);
    let assignments = world.assignments();
    let script = json!({
        "displayName": world.name("macOS - Time zone and logs", variant),
        "description": "Runs daily",
        "scriptContent": content(SHELL, days),
        "fileName": "time-zone-and-logs.sh",
        "runAsAccount": "system",
        "retryCount": 3,
        "executionFrequency": "P1D",
        "blockExecutionNotifications": true,
        "roleScopeTagIds": ["0"],
        "assignments": assignments,
    });
    world.put("deviceShellScripts", script);
}
