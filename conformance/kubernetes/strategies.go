package main

import (
	"k8s.io/apiserver/pkg/registry/rest"

	"k8s.io/kubernetes/pkg/registry/apps/daemonset"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/apps/replicaset"
	"k8s.io/kubernetes/pkg/registry/apps/statefulset"
	"k8s.io/kubernetes/pkg/registry/autoscaling/horizontalpodautoscaler"
	"k8s.io/kubernetes/pkg/registry/batch/cronjob"
	"k8s.io/kubernetes/pkg/registry/batch/job"
	"k8s.io/kubernetes/pkg/registry/core/limitrange"
	"k8s.io/kubernetes/pkg/registry/core/node"
	"k8s.io/kubernetes/pkg/registry/core/persistentvolume"
	"k8s.io/kubernetes/pkg/registry/core/persistentvolumeclaim"
	"k8s.io/kubernetes/pkg/registry/core/pod"
	"k8s.io/kubernetes/pkg/registry/core/podtemplate"
	"k8s.io/kubernetes/pkg/registry/core/replicationcontroller"
	"k8s.io/kubernetes/pkg/registry/core/resourcequota"
	"k8s.io/kubernetes/pkg/registry/node/runtimeclass"
	"k8s.io/kubernetes/pkg/registry/resource/resourceslice"
	"k8s.io/kubernetes/pkg/registry/storage/csistoragecapacity"
)

// strategies holds what the API server does on creation of each kind that the oracle judges.
var strategies = map[string]rest.RESTCreateStrategy{
	"Pod":                     pod.Strategy,
	"PodTemplate":             podtemplate.Strategy,
	"ReplicationController":   replicationcontroller.Strategy,
	"Deployment":              deployment.Strategy,
	"ReplicaSet":              replicaset.Strategy,
	"StatefulSet":             statefulset.Strategy,
	"DaemonSet":               daemonset.Strategy,
	"Job":                     job.Strategy,
	"CronJob":                 cronjob.Strategy,
	"PersistentVolume":        persistentvolume.Strategy,
	"PersistentVolumeClaim":   persistentvolumeclaim.Strategy,
	"LimitRange":              limitrange.Strategy,
	"ResourceQuota":           resourcequota.Strategy,
	"RuntimeClass":            runtimeclass.Strategy,
	"HorizontalPodAutoscaler": horizontalpodautoscaler.Strategy,
	"CSIStorageCapacity":      csistoragecapacity.Strategy,
	"Node":                    node.Strategy,
	"ResourceSlice":           resourceslice.Strategy,
}
