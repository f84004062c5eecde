package main

import (
	"encoding/pem"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/sandbox"
)

// introduce prints what the platforms issue to a caller, and who the citizens are. All of
// it is made up.
func introduce(out io.Writer, p *sandbox.Platform) {
	for _, one := range []struct {
		title  string
		config any
	}{
		{"鲁通码 lutong.Config", p.LutongConfig()},
		{"一码通 yimatong.Config", p.YimatongConfig()},
		{"电子证照 certificate.Config", p.CertificateConfig()},
		{"12345 热线 hotline.Config（部门 department）", p.HotlineConfig()},
		{"12345 热线 hotline.Config（设区市 city）", p.HotlineConfigOf(1)},
		{"集约化平台 portal.Config", p.PortalConfig()},
	} {
		fmt.Fprintf(out, "\n%s\n", one.title)
		members(out, "  ", reflect.ValueOf(one.config))
	}
	fmt.Fprintln(out, "\n市民 Citizens")
	for i, c := range p.Citizens() {
		if i == 5 {
			fmt.Fprintf(out, "  … %d\n", len(p.Citizens()))
			break
		}
		fmt.Fprintf(out, "  %d  %s  %s  %s\n", i+1, c.Name.Reveal(), c.IDNumber.Reveal(), c.Phone.Reveal())
	}
}

// members prints what is set, one a line.
func members(out io.Writer, indent string, config reflect.Value) {
	for i := range config.NumField() {
		name, v := config.Type().Field(i), config.Field(i)
		if !name.IsExported() || v.IsZero() {
			continue
		}
		switch x := v.Interface().(type) {
		case zwfw.Secret:
			fmt.Fprintf(out, "%s%s: %s\n", indent, name.Name, x.Reveal())
		case *crypto.PrivateKey:
			der, err := x.MarshalPKCS8()
			key(out, indent, name.Name, "PRIVATE KEY", der, err)
		case *crypto.PublicKey:
			der, err := x.MarshalSPKI()
			key(out, indent, name.Name, "PUBLIC KEY", der, err)
		default:
			switch {
			case v.Kind() == reflect.String, v.CanInt(), v.Kind() == reflect.Bool, v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.String:
				fmt.Fprintf(out, "%s%s: %v\n", indent, name.Name, x)
			case v.Kind() == reflect.Struct:
				fmt.Fprintf(out, "%s%s:\n", indent, name.Name)
				members(out, indent+"  ", v)
			}
		}
	}
}

func key(out io.Writer, indent, name, kind string, der []byte, err error) {
	if err != nil {
		return // held elsewhere
	}
	text := strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
	fmt.Fprintf(out, "%s%s:\n%s  %s\n", indent, name, indent, strings.ReplaceAll(text, "\n", "\n"+indent+"  "))
}
