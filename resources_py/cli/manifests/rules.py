"""Which rule belongs to which of Kubernetes' types."""

from resources_py.cli.manifests import metrics, pods, policies, storage, values, walk

for _rules in (pods.RULES, storage.RULES, policies.RULES, values.RULES, metrics.RULES):
    walk.RULES.update(_rules)
find_check = walk.find_check
