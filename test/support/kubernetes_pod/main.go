// Reads Pods, one JSON document a line, and answers a line each with what Kubernetes itself says of them: strict decoding,
// the API server's defaults, and the validation of a Pod that is created. The oracle of test/host/injector/kubernetes.test.ts.
package main

import (
	"bufio"
	"encoding/json"
	"os"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	"k8s.io/kubernetes/pkg/apis/core/validation"
)

type answer struct {
	Errors []string `json:"errors"`
}

func main() {
	strict := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		if err := out.Encode(answer{Errors: judge(strict, lines.Bytes())}); err != nil {
			os.Exit(1)
		}
	}
}

func judge(strict runtime.Decoder, text []byte) []string {
	decoded, _, err := strict.Decode(text, nil, &v1.Pod{})
	if err != nil {
		return []string{err.Error()}
	}
	pod := decoded.(*v1.Pod)
	if pod.Namespace == "" {
		pod.Namespace = "default"
	}
	// The ServiceAccount plugin runs before any webhook.
	if pod.Spec.ServiceAccountName == "" {
		pod.Spec.ServiceAccountName = "default"
	}
	// The API server completes a generated name before it validates.
	if pod.Name == "" && pod.GenerateName != "" {
		pod.Name = pod.GenerateName + "x2x4x"
	}
	legacyscheme.Scheme.Default(pod)
	internal := &core.Pod{}
	if err := legacyscheme.Scheme.Convert(pod, internal, nil); err != nil {
		return []string{err.Error()}
	}
	errors := []string{}
	for _, each := range validation.ValidatePodCreate(internal, validation.PodValidationOptions{}) {
		errors = append(errors, each.Error())
	}
	return errors
}
