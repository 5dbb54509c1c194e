"""ContainerResources to a Pod and back."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from resources_py import (
    ContainerResources,
    ExtendedResources,
    Resources,
    ResourcesError,
    ResourcesTypeError,
    SharedMemory,
    Violation,
)
from resources_py._accelerators import find, names
from resources_py.kubernetes import EKS, GKE, NodeLabels

ONE = Resources(cpu=1, gpu=1)
ONE_STANZA = {"cpu": "1", "nvidia.com/gpu": "1"}
MAIN = {"containers": [{"name": "main"}]}


def problems(call: Any, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
    with pytest.raises(ResourcesError) as caught:
        call(*args, **kwargs)
    return [(violation.field, violation.reason) for violation in caught.value.violations]


def affinity(*expressions: dict[str, Any]) -> dict[str, Any]:
    terms = [{"matchExpressions": [expression]} for expression in expressions]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


def toleration(resource: str) -> list[dict[str, str]]:
    return [{"key": resource, "operator": "Exists", "effect": "NoSchedule"}]


# ---- to Kubernetes


def test_amounts_alone() -> None:
    parts = ContainerResources(
        Resources(cpu=(1, 2)), named={"rdma/hca": 1, "b.kubernetes.io/c": (1, None)}
    ).to_kubernetes()
    stanza = {
        "requests": {"cpu": "1", "b.kubernetes.io/c": "1", "rdma/hca": "1"},
        "limits": {"cpu": "2", "rdma/hca": "1"},
    }
    assert parts == ({"resources": stanza}, {})
    assert ContainerResources().to_kubernetes() == ({}, {})


def test_accelerator_on_gke_and_eks() -> None:
    container = ContainerResources(ONE, ExtendedResources("A100", "1g.5gb"))
    for labels, device, size in (
        (GKE, "cloud.google.com/gke-accelerator", "cloud.google.com/gke-gpu-partition-size"),
        (EKS, "k8s.amazonaws.com/accelerator", "k8s.amazonaws.com/gpu-partition-size"),
        (NodeLabels("example.com/a", "example.com/b"), "example.com/a", "example.com/b"),
    ):
        parts = container.to_kubernetes(labels=labels)
        assert parts.container == {"resources": {"requests": ONE_STANZA, "limits": ONE_STANZA}}
        assert parts.pod == {
            "nodeSelector": {device: "nvidia-tesla-a100", size: "1g.5gb"},
            "tolerations": toleration("nvidia.com/gpu"),
        }
    assert container.to_kubernetes() == container.to_kubernetes(labels=EKS)


def test_a_tpu_counts_as_a_tpu() -> None:
    parts = ContainerResources(Resources(gpu=4), ExtendedResources("V5P", "2x2x1")).to_kubernetes(labels=GKE)
    assert parts.container["resources"]["limits"] == {"google.com/tpu": "4"}
    assert parts.pod == {
        "nodeSelector": {
            "cloud.google.com/gke-tpu-accelerator": "tpu-v5p-slice",
            "cloud.google.com/gke-tpu-topology": "2x2x1",
        },
        "tolerations": toleration("google.com/tpu"),
    }


@pytest.mark.parametrize(
    ("extended", "resource"),
    [
        (ExtendedResources("MI300X"), "amd.com/gpu"),
        (ExtendedResources("Trn1"), "aws.amazon.com/neuron"),
        (ExtendedResources("Gaudi1"), "habana.ai/gaudi"),
        (ExtendedResources("x", device_class="GOOGLE_TPU"), "google.com/tpu"),
        (ExtendedResources("x"), "nvidia.com/gpu"),
        (ExtendedResources(), "nvidia.com/gpu"),
        (ExtendedResources(accelerator_model="AMD_MI300X"), "amd.com/gpu"),
    ],
    ids=repr,
)
def test_resource_of_the_class(extended: ExtendedResources, resource: str) -> None:
    container = ContainerResources(Resources(gpu=1), extended)
    assert container.to_kubernetes().container["resources"]["limits"] == {resource: "1"}
    assert container.to_kubernetes(gpu_resource="a/b").container["resources"]["limits"] == {"a/b": "1"}


def test_unpartitioned_is_not_unset() -> None:
    key = "k8s.amazonaws.com/gpu-partition-size"
    parts = ContainerResources(ONE, ExtendedResources("A100", False)).to_kubernetes()
    assert parts.pod["affinity"] == affinity({"key": key, "operator": "DoesNotExist"})
    assert "affinity" not in ContainerResources(ONE, ExtendedResources("A100")).to_kubernetes().pod


def test_device_of_a_model() -> None:
    parts = ContainerResources(ONE, ExtendedResources(accelerator_model="NVIDIA_A100")).to_kubernetes()
    assert parts.pod["nodeSelector"] == {"k8s.amazonaws.com/accelerator": "nvidia-tesla-a100"}


def test_shared_memory() -> None:
    volume = {"name": "flyte-shared-memory", "emptyDir": {"medium": "Memory"}}
    mount = {"name": "flyte-shared-memory", "mountPath": "/dev/shm"}
    assert ContainerResources(extended=ExtendedResources(shared_memory=True)).to_kubernetes() == (
        {"volumeMounts": [mount]},
        {"volumes": [volume]},
    )
    own = SharedMemory("1024Mi", "/cache", "cache")
    assert ContainerResources(extended=ExtendedResources(shared_memory=own)).to_kubernetes() == (
        {"volumeMounts": [{"name": "cache", "mountPath": "/cache"}]},
        {"volumes": [{"name": "cache", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}]},
    )


def test_claims() -> None:
    container = ContainerResources(claims=["a", ("b", "x"), ("b", "y")])
    parts = container.to_kubernetes(claim_templates={"b": "template"})
    assert parts.container == {
        "resources": {"claims": [{"name": "a"}, {"name": "b", "request": "x"}, {"name": "b", "request": "y"}]}
    }
    assert parts.pod == {
        "resourceClaims": [
            {"name": "a", "resourceClaimName": "a"},
            {"name": "b", "resourceClaimTemplateName": "template"},
        ]
    }


def test_rejected() -> None:
    with pytest.warns(UserWarning, match="needs a count"):
        uncounted = ContainerResources(Resources(cpu=1), ExtendedResources("A100"))
    assert problems(uncounted.to_kubernetes) == [("extended.accelerator", "COUNT_REQUIRED")]
    with pytest.warns(UserWarning, match="needs a limit"):
        gpu = Resources(gpu=(1, None))
    memory = SharedMemory(mount_path="x", mount_name="X")
    container = ContainerResources(gpu, ExtendedResources("a b", "c d", shared_memory=memory), {"hugepages-2Mi": "2Mi"})
    assert problems(container.to_kubernetes) == [
        ('resources.requests["nvidia.com/gpu"]', "LIMIT_REQUIRED"),
        ("extended.accelerator", "INVALID_NAME"),
        ("extended.partition", "INVALID_NAME"),
        ("extended.shared_memory.mount_path", "INVALID_PATH"),
        ("extended.shared_memory.mount_name", "INVALID_NAME"),
        ('named["hugepages-2Mi"]', "CPU_OR_MEMORY_REQUIRED"),
    ]
    apple = ContainerResources(ONE, ExtendedResources("AppleSilicon"))
    assert problems(apple.to_kubernetes) == [("extended.device_class", "UNSUPPORTED_NAME")]
    assert apple.to_kubernetes(gpu_resource="example.com/gpu")
    named = ContainerResources(ONE, named={"amd.com/gpu": 1})
    assert problems(named.to_kubernetes, gpu_resource="amd.com/gpu") == [('named["amd.com/gpu"]', "DUPLICATE_NAME")]
    assert problems(named.to_kubernetes, gpu_resource="gpu") == [("gpu_resource", "UNSUPPORTED_NAME")]
    assert problems(named.to_kubernetes, labels="x") == [("labels", "WRONG_TYPE")]
    assert problems(named.to_kubernetes, labels=NodeLabels("a b", "c")) == [("labels.accelerator", "INVALID_NAME")]


# ---- into a Pod that has something already


def test_nothing_is_overwritten() -> None:
    container = ContainerResources(ONE, ExtendedResources("A100", False, shared_memory=True), {"rdma/hca": 1}, ["gpu"])
    parts = container.to_kubernetes()
    spec: dict[str, Any] = {
        "nodeSelector": {"zone": "a"},
        "volumes": [{"name": "data", "emptyDir": {}}],
        "tolerations": [{"operator": "Exists"}],
        "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "mine"}],
        "affinity": affinity({"key": "x", "operator": "Exists"}, {"key": "y", "operator": "Exists"})
        | {"podAffinity": {}},
        "containers": [
            {"name": "other"},
            {
                "name": "main",
                "resources": {"limits": {"cpu": "1000m", "memory": "1Gi"}, "claims": [{"name": "x"}]},
                "volumeMounts": [{"name": "data", "mountPath": "/data"}],
            },
        ],
    }
    before = copy.deepcopy(spec)
    merged = parts.add_to(spec, "main")
    assert spec == before
    assert merged["nodeSelector"] == {"zone": "a", "k8s.amazonaws.com/accelerator": "nvidia-tesla-a100"}
    assert [volume["name"] for volume in merged["volumes"]] == ["data", "flyte-shared-memory"]
    assert merged["tolerations"] == [{"operator": "Exists"}, *toleration("nvidia.com/gpu")]
    assert merged["resourceClaims"] == spec["resourceClaims"]
    absent = {"key": "k8s.amazonaws.com/gpu-partition-size", "operator": "DoesNotExist"}
    assert merged["affinity"]["podAffinity"] == {}
    node = merged["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert [term["matchExpressions"] for term in node["nodeSelectorTerms"]] == [
        [{"key": "x", "operator": "Exists"}, absent],
        [{"key": "y", "operator": "Exists"}, absent],
    ]
    other, main = merged["containers"]
    assert other == {"name": "other"}
    assert main["resources"] == {
        "requests": {"cpu": "1", "nvidia.com/gpu": "1", "rdma/hca": "1"},
        "limits": {"cpu": "1000m", "memory": "1Gi", "nvidia.com/gpu": "1", "rdma/hca": "1"},
        "claims": [{"name": "x"}, {"name": "gpu"}],
    }
    assert [mount["mountPath"] for mount in main["volumeMounts"]] == ["/data", "/dev/shm"]
    assert parts.add_to(merged, "main") == merged


def test_contradictions() -> None:
    parts = ContainerResources(ONE, ExtendedResources("A100", shared_memory=True)).to_kubernetes()
    spec = {
        "nodeSelector": {"k8s.amazonaws.com/accelerator": "nvidia-tesla-t4"},
        "volumes": [{"name": "flyte-shared-memory", "emptyDir": {}}],
        "containers": [
            {
                "name": "main",
                "resources": {"limits": {"cpu": 2}, "requests": {"cpu": "x"}},
                "volumeMounts": [{"name": "mine", "mountPath": "/dev/shm"}],
            }
        ],
    }
    assert problems(parts.add_to, spec, "main") == [
        ('resources.requests["cpu"]', "DUPLICATE_NAME"),
        ('resources.limits["cpu"]', "DUPLICATE_NAME"),
        ('volumeMounts["/dev/shm"]', "DUPLICATE_NAME"),
        ('volumes["flyte-shared-memory"]', "DUPLICATE_NAME"),
        ('nodeSelector["k8s.amazonaws.com/accelerator"]', "DUPLICATE_NAME"),
    ]
    assert problems(parts.add_to, MAIN, "other") == [("containers", "UNKNOWN_KEY")]


@pytest.mark.parametrize(
    ("kind", "described"),
    [
        ("Pod", "this is a Pod: pass its spec"),
        ("Deployment", "this is a Deployment: pass its spec.template.spec"),
        ("PodTemplate", "this is an object with a spec: pass the spec of its Pod"),
        (["Pod"], "this is an object with a spec: pass the spec of its Pod"),
        (None, "this is an object with a spec: pass the spec of its Pod"),
    ],
)
def test_object_instead_of_its_spec(kind: object, described: str) -> None:
    whole: Any = {"kind": kind, "spec": MAIN}
    calls: list[Any] = [
        lambda: ContainerResources(Resources(cpu=1)).to_kubernetes().add_to(whole, "main"),
        lambda: ContainerResources.from_kubernetes(whole, "main"),
        lambda: ContainerResources.from_kubernetes(whole),
    ]
    for call in calls:
        with pytest.raises(ResourcesTypeError) as caught:
            call()
        assert caught.value.violations == (Violation("", "WRONG_TYPE", described),)


def test_init_container() -> None:
    spec = {"containers": [{"name": "main"}], "initContainers": [{"name": "first"}]}
    merged = ContainerResources(Resources(cpu=1)).to_kubernetes().add_to(spec, "first")
    assert "resources" in merged["initContainers"][0]
    assert ContainerResources.from_kubernetes(merged, "first") == ContainerResources(Resources(cpu=1))
    assert ContainerResources.from_kubernetes(merged) == ContainerResources()


# ---- back


CONTAINERS = [
    ContainerResources(),
    ContainerResources(Resources(cpu=(1, 2), mem=(None, "1Gi"))),
    ContainerResources(Resources(gpu=2)),
    ContainerResources(ONE, ExtendedResources("A100", "1g.5gb", shared_memory="8Gi")),
    ContainerResources(ONE, ExtendedResources("A100", False, shared_memory=True)),
    ContainerResources(ONE, ExtendedResources("my-device")),
    ContainerResources(ONE, ExtendedResources("my-device", device_class="AMD_GPU")),
    ContainerResources(Resources(gpu=4), ExtendedResources("V5P", "2x2x1")),
    ContainerResources(Resources(gpu=4), ExtendedResources(device_class="AMAZON_NEURON")),
    ContainerResources(Resources(gpu=4), ExtendedResources("V5P"), {"nvidia.com/gpu": 1}),
    ContainerResources(Resources(cpu=1), None, {"hugepages-2Mi": "4Mi", "rdma/hca": 1, "a.kubernetes.io/b": (1, None)}),
    ContainerResources(claims=["a", ("b", "c")]),
]


@pytest.mark.parametrize("labels", [GKE, EKS])
@pytest.mark.parametrize("container", CONTAINERS, ids=repr)
def test_there_and_back(container: ContainerResources, labels: NodeLabels) -> None:
    spec = container.to_kubernetes(labels=labels).add_to(MAIN, "main")
    assert ContainerResources.from_kubernetes(spec, "main", labels=labels) == container


@pytest.mark.parametrize("name", names())
def test_each_accelerator(name: str) -> None:
    """Each has a Pod, except those whose device string cannot be a label, and the one that is not in a cluster."""
    container = ContainerResources(ONE, ExtendedResources(name))
    if name.endswith(" shared"):
        assert problems(container.to_kubernetes) == [("extended.accelerator", "INVALID_NAME")]
    elif name == "AppleSilicon":
        assert problems(container.to_kubernetes) == [("extended.device_class", "UNSUPPORTED_NAME")]
    else:
        spec = container.to_kubernetes().add_to(MAIN, "main")
        assert ContainerResources.from_kubernetes(spec) == container
        assert find(name).device in spec["nodeSelector"].values()  # type: ignore[union-attr]


def test_own_gpu_resource() -> None:
    spec = {"containers": [{"name": "main", "resources": {"limits": {"a/gpu": "1", "nvidia.com/gpu": "2"}}}]}
    assert ContainerResources.from_kubernetes(spec).resources.limits["gpu"].value == 2
    with pytest.raises(ResourcesError, match="has its own place"):
        ContainerResources.from_kubernetes(spec, gpu_resource="a/gpu")
    del spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"]  # type: ignore[index,attr-defined]
    read = ContainerResources.from_kubernetes(spec, gpu_resource="a/gpu")
    assert (str(read.resources.limits["gpu"]), read.named) == ("1", {})


def test_affinity_as_flyte_writes_it() -> None:
    key = "k8s.amazonaws.com/accelerator"
    spec = MAIN | {"affinity": affinity({"key": key, "operator": "In", "values": ["nvidia-tesla-t4"]})}
    assert ContainerResources.from_kubernetes(spec).extended == ExtendedResources("T4")


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (
            {"affinity": affinity({"key": EKS.accelerator, "operator": "In", "values": ["a", "b"]})},
            "affinity.nodeAffinity",
        ),
        ({"affinity": affinity({"key": EKS.accelerator, "operator": "Exists"})}, "affinity.nodeAffinity"),
        ({"affinity": affinity({"key": EKS.accelerator, "operator": "DoesNotExist"})}, "affinity.nodeAffinity"),
        (
            {
                "affinity": affinity(
                    {"key": EKS.partition_size, "operator": "DoesNotExist"}, {"key": "x", "operator": "Exists"}
                )
            },
            "affinity.nodeAffinity",
        ),
        (
            {
                "nodeSelector": {EKS.accelerator: "a"},
                "affinity": affinity({"key": EKS.accelerator, "operator": "In", "values": ["b"]}),
            },
            "affinity.nodeAffinity",
        ),
        (
            {
                "affinity": {
                    "nodeAffinity": {
                        "preferredDuringSchedulingIgnoredDuringExecution": [
                            {"preference": {"matchExpressions": [{"key": EKS.accelerator, "operator": "Exists"}]}}
                        ]
                    }
                }
            },
            "affinity.nodeAffinity",
        ),
        ({"nodeSelector": {EKS.accelerator: "a", EKS.tpu_topology: "2x2"}}, "nodeSelector"),
    ],
)
def test_placement_that_cannot_be_represented(spec: dict[str, Any], field: str) -> None:
    ((found, reason),) = problems(ContainerResources.from_kubernetes, MAIN | spec)
    assert (found.startswith(field), reason) == (True, "UNKNOWN_KEY")


def test_volumes_that_cannot_be_represented() -> None:
    memory = {"medium": "Memory"}
    spec = {
        "volumes": [{"name": name, "emptyDir": memory} for name in "ab"] + [{"name": "c", "emptyDir": {}}],
        "containers": [
            {
                "name": "main",
                "volumeMounts": [
                    {"name": "c", "mountPath": "/c"},
                    {"name": "a", "mountPath": "/a", "readOnly": True},
                    {"name": "a", "mountPath": "/b"},
                    {"name": "b", "mountPath": "/d"},
                ],
            }
        ],
    }
    assert problems(ContainerResources.from_kubernetes, spec) == [
        ('volumeMounts["/a"]', "UNKNOWN_KEY"),
        ('volumeMounts["/d"]', "UNKNOWN_KEY"),
    ]


def test_stanza_that_is_rejected() -> None:
    stanza = {"requests": {"cpu": "x", "rdma/hca": "1"}, "limits": {"memory": None}, "other": 1}
    spec = {"containers": [{"name": "main", "resources": stanza}]}
    assert problems(ContainerResources.from_kubernetes, spec) == [
        ("resources.other", "UNKNOWN_KEY"),
        ('resources.requests["cpu"]', "INVALID_QUANTITY"),
        ('resources.requests["rdma/hca"]', "LIMIT_REQUIRED"),
    ]
    del stanza["requests"], stanza["other"]
    assert problems(ContainerResources.from_kubernetes, spec) == [('resources.limits["memory"]', "UNKNOWN_KEY")]
    assert problems(ContainerResources.from_kubernetes, {"containers": [{}, {}]}) == [("containers", "UNKNOWN_KEY")]
    with pytest.raises(ResourcesTypeError):
        ContainerResources.from_kubernetes([])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (None, ""),
        ([], ""),
        ({"containers": 1}, "containers"),
        ({"containers": [None]}, "containers[0]"),
        ({"containers": [{"resources": "x"}]}, 'containers[0]["resources"]'),
        ({"containers": [{"volumeMounts": [1]}]}, 'containers[0]["volumeMounts"][0]'),
        ({"nodeSelector": ["a"]}, "nodeSelector"),
        ({"affinity": {"nodeAffinity": 1}}, 'affinity["nodeAffinity"]'),
        ({"volumes": {"a": 1}}, "volumes"),
    ],
)
def test_what_is_not_a_spec(spec: Any, field: str) -> None:
    assert problems(ContainerResources.from_kubernetes, spec) == [(field, "WRONG_TYPE")]
    assert problems(ContainerResources().to_kubernetes().add_to, spec, "main") == [(field, "WRONG_TYPE")]
