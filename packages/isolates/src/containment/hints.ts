/** Why a Linux does not let bubblewrap make namespaces, as far as it tells: sentences for an admin. */
import { existsSync, readFileSync } from "node:fs";

export function namespaceHints(): readonly string[] {
  const hints: string[] = [];
  if (setting("user/max_user_namespaces") === "0") {
    hints.push("User namespaces are switched off: set the sysctl user.max_user_namespaces to 15000.");
  }
  if (setting("kernel/unprivileged_userns_clone") === "0") {
    hints.push("User namespaces are for root only: set the sysctl kernel.unprivileged_userns_clone to 1.");
  }
  if (setting("kernel/apparmor_restrict_unprivileged_userns") === "1") {
    hints.push(
      "AppArmor keeps user namespaces from programs: give bwrap a profile with `userns,` or set the sysctl kernel.apparmor_restrict_unprivileged_userns to 0.",
    );
  }
  if (
    existsSync("/.dockerenv") ||
    existsSync("/run/.containerenv") ||
    existsSync("/var/run/secrets/kubernetes.io")
  ) {
    hints.push(
      "In a container: the default profiles refuse namespaces. Docker: `--security-opt seccomp=unconfined --security-opt apparmor=unconfined`; Kubernetes: `seccompProfile: {type: Unconfined}` and `appArmorProfile: {type: Unconfined}`; or profiles of your own that allow clone, unshare, mount, umount2 and pivot_root.",
    );
  }
  return hints;
}

function setting(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name}`, "utf8").trim();
  } catch {
    return undefined;
  }
}
