package main

import (
	"context"
	"errors"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

func playLutong(d *zwfw.Dialect) sandbox.Option {
	return sandbox.WithLutong(sandbox.LutongSetup{Dialect: d})
}

func admitLutong(p *sandbox.Platform, options ...zwfw.Option) (patient, error) {
	client, err := lutong.New(p.LutongConfig(), options...)
	if err != nil {
		return patient{}, err
	}
	citizen := p.Citizens()[0]
	same := func(user *lutong.User, err error) error {
		if err != nil {
			return err
		}
		return errors.Join(
			arrived("idNumber", user.IDNumber.Equal(citizen.IDNumber)), arrived("name", user.Name.Equal(citizen.Name)), warned(user.Warnings))
	}
	return patient{client, []call{
		{"VerifyCode", "验码", func(ctx context.Context) error {
			return same(client.VerifyCode(ctx, lutong.VerifyRequest{Code: p.MintCode(citizen), Scene: lutong.SceneTakeNumber, Device: "KIOSK-01"}))
		}},
		{"ReportTicket", "取号结果上报", func(ctx context.Context) error {
			return client.ReportTicket(ctx, lutong.Ticket{
				Number: "20240102000001", Holder: citizen.IDNumber, HolderName: citizen.Name, Hall: "测试大厅", Unit: "测试局", Item: "测试事项", Area: "一楼",
				Windows: []string{"1"}, QueueNo: "A001", QueueTime: time.Now(),
			})
		}},
		{"UserInfo", "获取用户信息", func(ctx context.Context) error {
			return same(client.UserInfo(ctx, lutong.UserInfoRequest{AuthCode: p.MintAuthCode(citizen)}))
		}},
	}}, nil
}
