package main

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

func playHotline(d *zwfw.Dialect) sandbox.Option {
	return sandbox.WithHotline(sandbox.HotlineSetup{Dialect: d})
}

func admitHotline(p *sandbox.Platform, options ...zwfw.Option) (patient, error) {
	client, err := hotline.New(p.HotlineConfig(), options...)
	if err != nil {
		return patient{}, err
	}
	city, err := hotline.New(p.HotlineConfigOf(1), options...)
	if err != nil {
		return patient{}, errors.Join(err, client.Close())
	}
	citizen, clerk, now := p.Citizens()[0], zwfw.NewPersonName("测试办理员"), p.Clock().Now().Truncate(time.Second)
	id := p.Hotline().Dispatch(sandbox.HotlineSheet{Title: "路灯不亮", Content: "测试路路灯不亮，已三天。"})
	refused := p.Hotline().Dispatch(sandbox.HotlineSheet{Title: "噪声", Content: "测试路夜间噪声。"})
	snapshot := hotline.Snapshot{City: "999999", At: now, Seq: 1, Period: 10 * time.Second}
	return patient{client: both{client, city}, calls: []call{
		{"SubmitAppeal", "上报诉求提交", func(ctx context.Context) error {
			_, err := client.SubmitAppeal(ctx, hotline.Appeal{
				Number: "YC1", Person: hotline.Person{Name: citizen.Name, Phone: citizen.Phone}, At: now.Add(-time.Hour), Type: hotline.Complaint,
				Title: "路灯不亮", Content: "测试路路灯不亮，已三天。", Channel: hotline.ByVisit, Area: "999999",
			})
			return err
		}},
		{"ReportedSheets", "上报工单列表", func(ctx context.Context) error {
			for s, err := range client.ReportedSheets(ctx, hotline.ReportedQuery{}) {
				if err != nil || s.Number == "YC1" {
					return err
				}
			}
			return arrived("outSheetNo", false)
		}},
		{"PendingSheets", "下派待办列表", func(ctx context.Context) error {
			for s, err := range client.PendingSheets(ctx, hotline.PendingQuery{}) {
				if err != nil || s.DispatchID == id {
					return err
				}
			}
			return arrived("dispatchId", false)
		}},
		{"SheetDetail", "工单详情", func(ctx context.Context) error {
			d, err := client.SheetDetail(ctx, id)
			if err != nil {
				return err
			}
			return arrived("title", d.Title.Reveal() == "路灯不亮")
		}},
		{"SignFor", "签收", func(ctx context.Context) error {
			_, err := client.SignFor(ctx, hotline.SignRequest{DispatchID: id, Signer: clerk})
			return err
		}},
		{"SignForStatus", "签收状态", func(ctx context.Context) error {
			states, err := client.SignForStatus(ctx, id)
			if err != nil {
				return err
			}
			return arrived("isSigned", len(states) == 1 && states[0].IsSigned)
		}},
		{"RequestDelay", "申请延时", func(ctx context.Context) error {
			_, err := client.RequestDelay(ctx, hotline.DelayRequest{DispatchID: id, RequestNo: "Y1", Value: 2, Unit: hotline.WorkingDays, Reason: "案情复杂", Applicant: clerk})
			return err
		}},
		{"Finish", "办结", func(ctx context.Context) error {
			_, err := client.Finish(ctx, hotline.FinishRequest{DispatchID: id, RequestNo: "B1", At: now, Handler: clerk, Result: "已现场处理并答复诉求人", Solved: hotline.IsSolved})
			return err
		}},
		{"Reject", "驳回", func(ctx context.Context) error {
			_, err := client.Reject(ctx, hotline.RejectRequest{DispatchID: refused, RequestNo: "T1", At: now, Handler: clerk, Code: hotline.NotOurDuty, Reason: "非本单位职责"})
			return err
		}},
		{"Flow", "处理流程", func(ctx context.Context) error {
			steps, err := client.Flow(ctx, id)
			if err != nil {
				return err
			}
			return arrived("steps", len(steps) > 0)
		}},
		{"Notices", "通知", func(ctx context.Context) error {
			if err := p.Hotline().Urge(id); err != nil {
				return err
			}
			for n, err := range client.Notices(ctx) {
				if err != nil {
					return err
				}
				return client.AckNotices(ctx, n.ID)
			}
			return arrived("noticeId", false)
		}},
		{"FileInit", "附件", func(ctx context.Context) error {
			content := []byte("a picture of a street lamp")
			file, err := client.Upload(ctx, hotline.UploadRequest{Name: "lamp.jpg", Content: bytes.NewReader(content), Size: int64(len(content))})
			if err != nil {
				return err
			}
			var back bytes.Buffer
			if _, err := client.Download(ctx, hotline.DownloadRequest{File: file, Into: &back}); err != nil {
				return err
			}
			return arrived("content", bytes.Equal(content, back.Bytes()))
		}},
		{"ReportCalls", "实时话务汇聚", func(ctx context.Context) error {
			_, err := city.ReportCalls(ctx, hotline.CallReport{Snapshot: snapshot, Total: hotline.CallCounters{Talking: 1, Offered: 3, Answered: 2}})
			return err
		}},
		{"ReportSeats", "实时坐席汇聚", func(ctx context.Context) error {
			_, err := city.ReportSeats(ctx, hotline.SeatReport{
				Snapshot: snapshot, Full: true, Total: hotline.SeatCounters{Configured: 1, LoggedIn: 1, Idle: 1},
				Seats: []hotline.Seat{{No: "1", AgentNo: "1", Area: "999999", State: hotline.SeatIdle, Since: now}},
			})
			return err
		}},
	}}, nil
}

// both closes the clients of the unit and of the city.
type both struct {
	*hotline.Client
	city *hotline.Client
}

func (b both) Close() error { return errors.Join(b.Client.Close(), b.city.Close()) }
