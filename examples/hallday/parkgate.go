package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
	"github.com/zwfw-go/zwfw/yimatong"
)

var gate = zwfw.Text{ZH: "公园闸机", EN: "Park gate"}

// parkGate is a gate that goes on working when the platform does not.
type parkGate struct {
	client   *yimatong.Client
	offline  *yimatong.OfflineMode
	verifier *yimatong.EmergencyVerifier
	record   *yimatong.EmergencyRecord
}

const entry = "park"

// newParkGate opens the gate's sealed record and takes over the issuer's keys, as it does
// daily while there is a line.
func (p *play) newParkGate() (*parkGate, error) {
	client, err := p.newCityClient()
	if err != nil {
		return nil, err
	}
	clock := zwfw.WithClock(hallClock{p.platform.Clock(), 0})
	offline, err := yimatong.NewOfflineMode(yimatong.OfflineConfig{}, clock)
	if err != nil {
		return nil, err
	}
	seal, err := yimatong.NewEmergencySeal([]byte("sandbox emergency seal, 32 bytes")) // in a gate: from its safe store
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "hallday-gate-")
	if err != nil {
		return nil, err
	}
	p.closers = append(p.closers, func() { _ = os.RemoveAll(dir) })
	record, err := yimatong.OpenEmergencyRecord(filepath.Join(dir, "gate.record"), seal, yimatong.EmergencyRecordOptions{})
	if err != nil {
		return nil, err
	}
	p.closers = append(p.closers, func() { _ = record.Close() })
	verifier, err := yimatong.NewEmergencyVerifier(yimatong.EmergencyVerifierConfig{
		Device: "GATE-01", Scenes: []yimatong.EmergencyScene{{Name: entry, Scope: yimatong.EmergencyPark, MaxPerHour: 600}},
		Keys: p.platform.EmergencyKeys(), Record: record, Accepting: offline.Accepting,
	}, clock)
	return &parkGate{client, offline, verifier, record}, err
}

// scan is all a gate does with a code: on line while there is a line, by itself when not.
func (g *parkGate) scan(ctx context.Context, code zwfw.CodeText) error {
	if yimatong.IsEmergencyCode(code) {
		_, err := g.verifier.Verify(ctx, yimatong.EmergencyScan{Code: code, Scene: entry})
		return err
	}
	_, err := g.client.DecodeQRCode(ctx, yimatong.DecodeRequest{Code: code, Device: "GATE-01"})
	g.offline.Observe(err)
	return err
}

// parkInAnOutage (入园): three scans get no answer, the gate turns to emergency codes,
// and when the line is back it turns away from them and uploads what it accepted.
func (p *play) parkInAnOutage(ctx context.Context) error {
	g, err := p.newParkGate()
	if err != nil {
		return err
	}
	code := p.platform.MintYimatongCode(p.citizens[5])
	if err := g.scan(ctx, code); err != nil {
		return err
	}
	p.say(gate, textf("平台正常，一码通验过，开闸。", "The platform is up: a Yimatong code is decoded, the gate opens."))
	early := p.platform.MintEmergencyCode(p.citizens[6], yimatong.EmergencyPark, 24*time.Hour)
	second := p.platform.MintEmergencyCode(p.citizens[7], yimatong.EmergencyPark, 24*time.Hour)
	clinic := p.platform.MintEmergencyCode(p.citizens[8], yimatong.EmergencyClinic, 24*time.Hour)
	p.say(citizen, textf("线路正常时就出示应急码。", "Shows an emergency code while the line is up."))
	if err := p.goesWrong(g.scan(ctx, early), zwfw.EmergencyInvalid, zwfw.OutcomeRefused); err != nil {
		return err
	}

	p.platform.Faults().Next("yimatong.DecodeQRCode", sandbox.DropBefore(), sandbox.DropBefore(), sandbox.DropBefore())
	for range 3 {
		if err := g.scan(ctx, p.platform.MintYimatongCode(p.citizens[5])); !errors.Is(err, zwfw.Upstream) {
			return unexpected("断网时扫码的结果是：%v", "a scan without a line gave: %v", err)
		}
	}
	if !g.offline.Accepting() {
		return unexpected("连续三次失败，闸机没有进入离线模式。", "three failures, and the gate is not in offline mode")
	}
	p.say(gate, textf("连续 3 次没有答复，进入离线模式，接受应急码，不需要网络。", "Three scans without an answer: offline mode. Emergency codes are accepted, with no network at all."))
	for _, c := range []zwfw.CodeText{early, second} {
		if err := g.scan(ctx, c); err != nil {
			return err
		}
	}
	p.say(gate, textf("验过 2 个应急码，开闸；已写入加密的本地记录。码里没有姓名和证件号。", "Two emergency codes accepted and written to the sealed record. There is no name and no ID number in them."))
	p.say(stranger, textf("拿着同一个应急码的截图再来。", "Comes with a picture of the same emergency code."))
	if err := p.goesWrong(g.scan(ctx, early), zwfw.CodeUsed, zwfw.OutcomeRefused); err != nil {
		return err
	}
	p.say(citizen, textf("出示只能用于就医的应急码。", "Shows an emergency code that is good for the clinic only."))
	if err := p.goesWrong(g.scan(ctx, clinic), zwfw.SceneDenied, zwfw.OutcomeRefused); err != nil {
		return err
	}
	return p.lineIsBack(ctx, g)
}

func (p *play) lineIsBack(ctx context.Context, g *parkGate) error {
	if err := g.scan(ctx, p.platform.MintYimatongCode(p.citizens[5])); err != nil {
		return err
	}
	if g.offline.Accepting() {
		return unexpected("平台已恢复，闸机仍在离线模式。", "the platform is back, and the gate still in offline mode")
	}
	p.say(gate, textf("平台答复了，自动回到在线模式。", "The platform answers: back on line by itself."))
	pending := g.record.Pending()
	for _, use := range pending {
		if _, known := p.platform.EmergencyUser(use); !known {
			return unexpected("平台不认识上传的应急码。", "the platform does not know an uploaded emergency code")
		}
		if err := g.record.Uploaded(use.ID); err != nil {
			return err
		}
	}
	if len(pending) != 2 || len(g.record.Pending()) != 0 {
		return unexpected("上传 %d 条，剩 %d 条，应为 2 和 0。", "%d uses uploaded and %d left, not 2 and 0", len(pending), len(g.record.Pending()))
	}
	p.say(platform, textf("收到 %d 条离线记录，查到各是谁。", "Takes %d offline uses and knows whose they were.", len(pending)))
	return nil
}
