"""Rules: kernel, platform, provisioning."""

from hagen.diagnostic import Code

DERIVED_SYSCTL = Code("HG4501", "derived-sysctl", "error", "a kernel parameter against what the VIPs need")
KICKSTART_PLATFORM = Code(
    "HG4601", "kickstart-without-anaconda", "error", "a kickstart file for a platform without Anaconda"
)
NEWER_PLATFORM = Code(
    "HG4602",
    "newer-platform",
    "error",
    "a feature that came after the platform's versions",
)
OLDER_PLATFORM = Code(
    "HG4603",
    "older-platform",
    "error",
    "a feature that the platform's versions no longer have",
)
