package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
	"github.com/zwfw-go/zwfw/yimatong"
)

func playYimatong(d *zwfw.Dialect) sandbox.Option {
	return sandbox.WithYimatong(sandbox.YimatongSetup{Dialect: d})
}

func admitYimatong(p *sandbox.Platform, options ...zwfw.Option) (patient, error) {
	client, err := yimatong.New(p.YimatongConfig(), options...)
	if err != nil {
		return patient{}, err
	}
	citizen, here := p.Citizens()[0], yimatong.Position{Latitude: "30.250000", Longitude: "120.160000"}
	p.PutChannelToken("doctor-token", citizen) // for a dialect without Authorize
	token := yimatong.NewChannelToken("doctor-token")
	return patient{client, []call{
		{"DecodeQRCode", "解码", func(ctx context.Context) error {
			person, err := client.DecodeQRCode(ctx, yimatong.DecodeRequest{Code: p.MintYimatongCode(citizen), Device: "DEV-01"})
			if err != nil {
				return err
			}
			return errors.Join(
				arrived("idNumber", person.IDNumber.Equal(citizen.IDNumber)), arrived("name", person.Name.Equal(citizen.Name)), warned(person.Warnings))
		}},
		{"Authorize", "第三方授权", func(ctx context.Context) error {
			a, err := client.Authorize(ctx, p.MintAuthorization(citizen, "APP-01"), "APP-01")
			if err != nil {
				return err
			}
			token = a.Token
			return warned(a.Warnings)
		}},
		{"CreateQRCode", "生成二维码", func(ctx context.Context) error {
			code, err := client.CreateQRCode(ctx, token, here)
			if err != nil {
				return err
			}
			if len(code.Image) == 0 {
				return fmt.Errorf("qrcode: no picture")
			}
			return warned(code.Warnings)
		}},
		{"UserTags", "用户标签", func(ctx context.Context) error {
			tags, err := client.UserTags(ctx, token)
			if err != nil {
				return err
			}
			return warned(tags.Warnings)
		}},
		{"ChannelQRCode", "渠道二维码", func(ctx context.Context) error {
			code, err := client.ChannelQRCode(ctx, token, here)
			if err != nil {
				return err
			}
			return warned(code.Warnings)
		}},
	}}, nil
}
