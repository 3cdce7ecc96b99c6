"""Reads deploy/spinkube as Kubernetes would: writes the arguments of the proxy, and what the app's variables come from, as JSON."""

import json
import os
import pathlib

import yaml

FOLDER = pathlib.Path(os.environ["DEPLOY"])


def read(name):
    return list(yaml.safe_load_all((FOLDER / name).read_text()))


(egress,) = (document for document in read("egress.yaml") if document["kind"] == "Deployment")
(container,) = egress["spec"]["template"]["spec"]["containers"]
(mount,) = container["volumeMounts"]
(settings,) = read("settings.yaml")
(app,) = read("app.yaml")
variables = {}
for variable in app["spec"]["variables"]:
    source = variable["valueFrom"]
    if "configMapKeyRef" in source:
        variables[variable["name"]] = settings["data"][source["configMapKeyRef"]["key"]]
    else:
        assert source["secretKeyRef"]["key"] == variable["name"], variable
        variables[variable["name"]] = None
print(
    json.dumps(
        {"arguments": container["args"], "mount": mount["mountPath"], "variables": variables}
    )
)
