"""Reads the Collector's configuration named by COLLECTOR as strictly as the Collector does (no key twice, nothing named that is
not there, nothing there that is not named) and writes it as JSON."""

import json
import os
import pathlib

import yaml


class Strict(yaml.SafeLoader):
    """Refuses a key that comes twice."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep) for key, _ in node.value]
        assert len(keys) == len(set(keys)), keys
        return super().construct_mapping(node, deep)


# Deep, so that the method above sees every mapping.
loader = Strict(pathlib.Path(os.environ["COLLECTOR"]).read_text())
configuration = loader.get_single_data()
assert configuration.keys() == {"receivers", "processors", "connectors", "exporters", "service"}

pipelines = configuration["service"]["pipelines"].values()
connectors = configuration["connectors"].keys()
for kind in ("receivers", "processors", "exporters"):
    named = {name for pipeline in pipelines for name in pipeline.get(kind, [])}
    there = configuration[kind].keys() | (connectors if kind != "processors" else set())
    assert named == there, (kind, named ^ there)
print(json.dumps(configuration))
