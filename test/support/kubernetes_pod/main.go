// Reads JSON documents, one a line, and answers a line each with what Kubernetes itself says. Of a Pod: strict decoding, the API
// server's defaults, the validation of a Pod that is created. Of {"base": Pod, "patch": Pod}: their strategic merge. The oracle of
// test/host/injector/kubernetes.test.ts.
package main

import (
	"bufio"
	"encoding/json"
	"os"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	"k8s.io/kubernetes/pkg/apis/core/validation"
)

type answer struct {
	Errors []string        `json:"errors"`
	Merged json.RawMessage `json:"merged,omitempty"`
}

type merge struct {
	Base  json.RawMessage `json:"base"`
	Patch json.RawMessage `json:"patch"`
}

func main() {
	strict := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		if err := out.Encode(answerTo(strict, lines.Bytes())); err != nil {
			os.Exit(1)
		}
	}
}

func answerTo(strict runtime.Decoder, text []byte) answer {
	var asked merge
	if err := json.Unmarshal(text, &asked); err != nil || asked.Patch == nil {
		return answer{Errors: judge(strict, text)}
	}
	merged, err := strategicpatch.StrategicMergePatch(asked.Base, asked.Patch, v1.Pod{})
	if err != nil {
		return answer{Errors: []string{err.Error()}}
	}
	return answer{Errors: []string{}, Merged: merged}
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
