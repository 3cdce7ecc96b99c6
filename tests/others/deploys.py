"""Checks deploy/spinkube: each resource of Kubernetes against its published schema, and the app against the operator's
definition where SPINAPP_CRD names that file. Writes what was checked, and what the app is given, as JSON."""

import json
import os
import pathlib

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
        }
    )
)
