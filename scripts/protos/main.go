// Dumps the Envoy API's descriptors, pruned to what weft reads, as protobufjs JSON with `validate.rules` as data.
//
//	cd scripts/protos && go run . ../../proto/generated
//
// api.json holds what a static configuration needs, services.json what other services and the filters that ask them need,
// extensions.json the extensions that weft knows but refuses (both loaded only
// when one is met), type_names.json the names of all others, for "Envoy has this, weft does not" and did-you-mean.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

type object = map[string]any

const envoyModule = "github.com/envoyproxy/go-control-plane/envoy"

func main() {
	out := os.Args[1]
	api := newBundle(nil)
	for _, name := range apiRoots {
		api.add(protoreflect.FullName(name))
	}
	services := newBundle(api)
	for _, name := range serviceRoots {
		services.add(protoreflect.FullName(name))
	}
	extensions := newBundle(services)
	for _, message := range knownExtensions() {
		extensions.add(message)
	}
	write(filepath.Join(out, "api.json"), object{"nested": api.tree})
	write(filepath.Join(out, "services.json"), object{"nested": services.tree})
	write(filepath.Join(out, "extensions.json"), object{"nested": extensions.tree})
	write(filepath.Join(out, "type_names.json"), typeNames(func(n string) bool {
		return extensions.has(protoreflect.FullName(n))
	}))
}

func write(file string, data any) {
	text, err := json.Marshal(data)
	if err != nil {
		log.Fatal(err)
	}
	// One line per property of the outer levels would double the file; a line per message keeps a diff readable.
	text = []byte(strings.ReplaceAll(string(text), `},"`, "},\n\""))
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %d bytes\n", file, len(text))
}

// knownExtensions are the top-level messages of every imported extension package.
func knownExtensions() (names []protoreflect.FullName) {
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		name := string(file.Package())
		if strings.HasPrefix(name, "envoy.extensions.") || name == "envoy.config.metrics.v3" || name == "envoy.config.trace.v3" || name == "stats" || strings.HasPrefix(name, "istio.envoy.") || strings.Contains(name, "metadata_exchange") || strings.Contains(name, "metadataexchange") {
			for i := 0; i < file.Messages().Len(); i++ {
				names = append(names, file.Messages().Get(i).FullName())
			}
		}
		return true
	})
	sort.Slice(names, func(i, j int) bool { return names[i] < names[j] })
	return names
}

var goType = regexp.MustCompile(`// +\d+: (envoy\.(?:config|extensions|watchdog)\.[\w.]+)\n`)

// typeNames reads the names of the other messages from the generated Go code: importing all 400 packages takes minutes.
func typeNames(skip func(string) bool) []string {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", envoyModule).Output()
	if err != nil {
		log.Fatal(err)
	}
	seen := map[string]bool{}
	err = filepath.Walk(strings.TrimSpace(string(dir)), func(path string, _ os.FileInfo, err error) error {
		if err != nil || !strings.HasSuffix(path, ".pb.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range goType.FindAllStringSubmatch(string(text), -1) {
			name := match[1]
			last := name[strings.LastIndex(name, ".")+1:]
			if isTopLevel(name) && last != "" && !skip(name) {
				seen[name] = true
			}
		}
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	names := make([]string, 0, len(seen))
	for name := range seen {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// A top-level message has a package of lower-case words and one capitalized name.
var topLevel = regexp.MustCompile(`^(?:[a-z][a-z0-9_]*\.)+[A-Z]\w*$`)

func isTopLevel(name string) bool { return topLevel.MatchString(name) }

// bundle is a tree of protobufjs JSON objects that is closed under reference, less what `base` has.
type bundle struct {
	base *bundle
	seen map[protoreflect.FullName]bool
	tree object
}

func newBundle(base *bundle) *bundle {
	return &bundle{base: base, seen: map[protoreflect.FullName]bool{}, tree: object{}}
}

func (b *bundle) has(name protoreflect.FullName) bool {
	return b.seen[name] || (b.base != nil && b.base.has(name))
}

func (b *bundle) add(name protoreflect.FullName) {
	if b.has(name) {
		return
	}
	b.seen[name] = true
	descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		log.Fatalf("%s: %v (its package is not imported)", name, err)
	}
	switch d := descriptor.(type) {
	case protoreflect.MessageDescriptor:
		b.put(name, b.message(d))
	case protoreflect.EnumDescriptor:
		b.put(name, enum(d))
	}
}

// put lays the members of `value` at `name`; a parent that is itself not needed stays a bare namespace.
func (b *bundle) put(name protoreflect.FullName, value object) {
	at := b.tree
	parts := strings.Split(string(name), ".")
	for _, part := range parts[:len(parts)-1] {
		next, ok := at[part].(object)
		if !ok {
			next = object{}
			at[part] = next
		}
		nested, ok := next["nested"].(object)
		if !ok {
			nested = object{}
			next["nested"] = nested
		}
		at = nested
	}
	last := parts[len(parts)-1]
	if there, ok := at[last].(object); ok {
		for key, member := range value {
			there[key] = member
		}
		return
	}
	at[last] = value
}

func (b *bundle) message(m protoreflect.MessageDescriptor) object {
	fields, oneofs := object{}, object{}
	for i := 0; i < m.Fields().Len(); i++ {
		field := m.Fields().Get(i)
		fields[string(field.Name())] = b.field(field)
	}
	for i := 0; i < m.Oneofs().Len(); i++ {
		oneof := m.Oneofs().Get(i)
		names := []string{}
		for j := 0; j < oneof.Fields().Len(); j++ {
			names = append(names, string(oneof.Fields().Get(j).Name()))
		}
		oneofs[string(oneof.Name())] = with(object{"oneof": names}, options(oneof.Options()))
	}
	out := with(object{"fields": fields}, options(m.Options()))
	if len(oneofs) > 0 {
		out["oneofs"] = oneofs
	}
	return out
}

func (b *bundle) field(f protoreflect.FieldDescriptor) object {
	out := object{"id": int(f.Number())}
	if f.IsMap() {
		out["keyType"] = f.MapKey().Kind().String()
		out["type"] = b.typeName(f.MapValue())
	} else {
		out["type"] = b.typeName(f)
		if f.IsList() {
			out["rule"] = "repeated"
		}
	}
	opts := options(f.Options())
	if f.HasOptionalKeyword() {
		opts["proto3_optional"] = true
	}
	return with(out, opts)
}

func (b *bundle) typeName(f protoreflect.FieldDescriptor) string {
	switch f.Kind() {
	case protoreflect.MessageKind:
		b.add(f.Message().FullName())
		return "." + string(f.Message().FullName())
	case protoreflect.EnumKind:
		b.add(f.Enum().FullName())
		return "." + string(f.Enum().FullName())
	default:
		return f.Kind().String()
	}
}

// enumValues keeps the order of the file: protobufjs takes the first value for the default, which in proto3 is the zero.
type enumValues []protoreflect.EnumValueDescriptor

func (values enumValues) MarshalJSON() ([]byte, error) {
	members := make([]string, len(values))
	for i, value := range values {
		members[i] = fmt.Sprintf("%q:%d", value.Name(), value.Number())
	}
	return []byte("{" + strings.Join(members, ",") + "}"), nil
}

func enum(e protoreflect.EnumDescriptor) object {
	values, valuesOptions := enumValues{}, object{}
	for i := 0; i < e.Values().Len(); i++ {
		value := e.Values().Get(i)
		values = append(values, value)
		if opts := options(value.Options()); len(opts) > 0 {
			valuesOptions[string(value.Name())] = opts
		}
	}
	out := with(object{"values": values}, options(e.Options()))
	if len(valuesOptions) > 0 {
		out["valuesOptions"] = valuesOptions
	}
	return out
}

func with(target object, opts object) object {
	if len(opts) > 0 {
		target["options"] = opts
	}
	return target
}

// Annotations that describe the history of a message, not what may stand in it.
var dropped = map[protoreflect.FullName]bool{
	"udpa.annotations.versioning":    true,
	"udpa.annotations.field_migrate": true,
	"udpa.annotations.enum_migrate":  true,
}

// options keeps `deprecated`, `allow_alias` and every extension that is set: validate.rules, envoy, udpa and xds annotations.
func options(from proto.Message) object {
	out := object{}
	from.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		name := string(f.Name())
		if f.IsExtension() {
			if dropped[f.FullName()] {
				return true
			}
			name = "(" + string(f.FullName()) + ")"
		} else if name != "deprecated" && name != "allow_alias" {
			return true
		}
		out[name] = value(f, v)
		return true
	})
	return out
}

func value(f protoreflect.FieldDescriptor, v protoreflect.Value) any {
	if f.IsList() {
		items := []any{}
		for i := 0; i < v.List().Len(); i++ {
			items = append(items, scalar(f, v.List().Get(i)))
		}
		return items
	}
	return scalar(f, v)
}

func scalar(f protoreflect.FieldDescriptor, v protoreflect.Value) any {
	switch f.Kind() {
	case protoreflect.MessageKind:
		out := object{}
		v.Message().Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			out[string(f.Name())] = value(f, v)
			return true
		})
		return out
	case protoreflect.EnumKind:
		if name := f.Enum().Values().ByNumber(v.Enum()); name != nil {
			return string(name.Name())
		}
		return int(v.Enum())
	case protoreflect.BytesKind:
		return base64.StdEncoding.EncodeToString(v.Bytes())
	default:
		return v.Interface()
	}
}
