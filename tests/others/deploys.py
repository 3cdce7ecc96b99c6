"""Checks deploy/spinkube: each resource of Kubernetes against its published schema, and the app against the operator's
definition where SPINAPP_CRD names that file; each pod against the standard of its namespace, each image, and each way through
the network. Writes what was checked, and what the app and the stores are given, as JSON."""

import json
import os
import pathlib
import re
from urllib.parse import urlsplit

import jsonschema
import kubernetes_validate
import yaml

FOLDER = pathlib.Path(os.environ["DEPLOY"])
# Kubernetes does not know these; the first has a definition of its own.
FOREIGN = {"SpinApp", "CiliumNetworkPolicy", "Kustomization"}

documents = [
    (path.name, document)
    for path in sorted(FOLDER.glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text())
]
checked = []
for name, document in documents:
    if document["kind"] not in FOREIGN:
        kubernetes_validate.validate(document, "1.37", strict=True)
        checked.append(document["kind"])

(app,) = (document for _, document in documents if document["kind"] == "SpinApp")
(settings,) = (document for _, document in documents if document["kind"] == "ConfigMap")
(kustomization,) = (document for _, document in documents if document["kind"] == "Kustomization")
names = {name for name, _ in documents}
assert names == {*kustomization["resources"], "kustomization.yaml"}, names

definition = os.environ.get("SPINAPP_CRD")
if definition:
    (version,) = yaml.safe_load(pathlib.Path(definition).read_text())["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]
    jsonschema.validate(app, schema)
    # A schema of this kind says nothing of fields that it does not know.
    unknown = app["spec"].keys() - schema["properties"]["spec"]["properties"].keys()
    assert not unknown, unknown

def of_kind(kind):
    return [document for _, document in documents if document["kind"] == kind]


def pods():
    """The pods that we write, by the name of what makes them. Those of a SpinApp are the operator's."""
    for document in of_kind("Deployment") + of_kind("StatefulSet"):
        yield document["metadata"]["name"], document["spec"]["template"]["spec"]
    for document in of_kind("CronJob"):
        yield document["metadata"]["name"], document["spec"]["jobTemplate"]["spec"]["template"]["spec"]


# Kubernetes' standard "restricted" (kubernetes.io/docs/concepts/security/pod-security-standards), as far as it says anything of
# what is written here; what is not written is what it asks for.
(namespace,) = of_kind("Namespace")
labels = namespace["metadata"]["labels"]
assert labels["pod-security.kubernetes.io/enforce"] == "restricted", labels
assert all(document["metadata"].get("namespace", "innsyn") == "innsyn" for _, document in documents if "metadata" in document)
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
restricted = []
for name, pod in pods():
    assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC"}, name
    context = pod["securityContext"]
    assert context["runAsNonRoot"] is True and context["runAsUser"] > 0, name
    assert context["seccompProfile"]["type"] == "RuntimeDefault", name
    assert pod["automountServiceAccountToken"] is False, name
    assert all(volume.keys() - {"name"} <= VOLUMES for volume in pod.get("volumes", [])), name
    for container in pod["containers"] + pod.get("initContainers", []):
        own = container["securityContext"]
        assert own["allowPrivilegeEscalation"] is False and not own.get("privileged"), name
        assert own["capabilities"] == {"drop": ["ALL"]}, name
        assert own["readOnlyRootFilesystem"] is True, name
        assert all("hostPort" not in port for port in container.get("ports", [])), name
    restricted.append(name)

# The operator's pods get the same when they are admitted.
(admission,) = of_kind("MutatingAdmissionPolicy")
(binding,) = of_kind("MutatingAdmissionPolicyBinding")
assert binding["spec"]["policyName"] == admission["metadata"]["name"]
selected = admission["spec"]["matchConstraints"]["objectSelector"]["matchLabels"]
assert selected == {"core.spinkube.dev/app-name": app["metadata"]["name"]}, selected
(mutation,) = admission["spec"]["mutations"]
for part in ["runAsNonRoot: true", 'type: "RuntimeDefault"', "allowPrivilegeEscalation: false", 'drop: ["ALL"]']:
    assert part in mutation["jsonPatch"]["expression"], part

# Images are known by what is in them.
images = [app["spec"]["image"], *(container["image"] for _, pod in pods() for container in pod["containers"])]
assert all(re.search(r":[^/@]+@sha256:[0-9a-f]{64}$", image) for image in images), images

# Nobody speaks at a port that is not named, and no name is asked for that is not listed.
for policy in of_kind("NetworkPolicy"):
    rules = policy["spec"].get("ingress", []) + policy["spec"].get("egress", [])
    ports = [port for rule in rules for port in rule["ports"]]
    assert all(rule.keys() > {"ports"} for rule in rules), policy["metadata"]["name"]
    assert all(port["port"] != 53 for port in ports), "this would open every name"
    assert policy["spec"]["podSelector"] or not rules, "whom it is for"
reachable = {}
for policy in of_kind("CiliumNetworkPolicy"):
    asked, called = set(), set()
    for rule in policy["spec"]["egress"]:
        for ports in rule["toPorts"]:
            assert ports["ports"], policy["metadata"]["name"]
            asked |= {name["matchName"] for name in ports.get("rules", {}).get("dns", [])}
            assert "rules" in ports or "toFQDNs" in rule, policy["metadata"]["name"]
        called |= {name["matchName"] for name in rule.get("toFQDNs", [])}
    assert called <= asked, called - asked
    reachable[next(iter(policy["spec"]["endpointSelector"]["matchLabels"].values()))] = asked
runtime = (FOLDER / "runtime-config.toml").read_text()
wanted = {urlsplit(url).hostname for url in re.findall(r'url = "([^"]+)"', runtime)}
# The two that are pages for browsers, and Posten's own address, which the proxy calls.
BROWSED = {"altinn_page_origin", "posten_page_origin", "posten_own_origin"}
wanted |= {
    urlsplit(value).hostname
    for key, value in settings["data"].items()
    if key.endswith("_origin") and key not in BROWSED
}
assert reachable["innsyn"] == wanted, reachable["innsyn"] ^ wanted
assert reachable["innsyn-egress"] == {urlsplit(settings["data"]["posten_own_origin"]).hostname}

# The stores speak TLS to users with a password alone.
assert all(url.startswith("rediss://innsyn:") for url in re.findall(r'url = "([^"]+)"', runtime)), runtime
stores = {
    name: {
        "arguments": container["args"][1:],
        "probe": container["readinessProbe"]["exec"]["command"][1:],
    }
    for name, pod in pods()
    for container in pod["containers"]
    if name.startswith("valkey")
}

variables = {variable["name"]: variable["valueFrom"] for variable in app["spec"]["variables"]}
plain = {
    name for name, source in variables.items() if source.get("configMapKeyRef", {}).get("key") == name
}
secret = {name for name, source in variables.items() if source.get("secretKeyRef", {}).get("key") == name}
assert plain | secret == variables.keys()
print(
    json.dumps(
        {
            "checked": sorted(checked),
            "definition": bool(definition),
            "settings": sorted(settings["data"]),
            "plain": sorted(plain),
            "secret": sorted(secret),
            "restricted": sorted(restricted),
            "stores": stores,
        }
    )
)
