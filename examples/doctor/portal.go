package main

import (
	"context"
	"errors"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

func playPortal(d *zwfw.Dialect) sandbox.Option {
	return sandbox.WithPortal(sandbox.PortalSetup{Dialect: d})
}

func admitPortal(p *sandbox.Platform, options ...zwfw.Option) (patient, error) {
	client, err := portal.New(p.PortalConfig(), options...)
	if err != nil {
		var other error // a login of county sites has settings of its own
		if client, other = portal.New(p.VeridConfig(), options...); other != nil {
			return patient{}, err
		}
	}
	citizen := p.Citizens()[0]
	const item = 2
	number, password := p.ApplyForItem(citizen, item)
	if err := errors.Join(p.MoveCase(number, sandbox.CaseAccept), p.MoveCase(number, sandbox.CaseReview), p.MoveCase(number, sandbox.CaseGrant)); err != nil {
		return patient{}, errors.Join(err, client.Close())
	}
	served := p.PutEvaluationPoint(number, 3)
	var session portal.Session
	var row portal.Item
	whole := func(k *portal.Case, err error) error {
		if err != nil {
			return err
		}
		return errors.Join(arrived("projectNo", k.ProjectNo == number), arrived("proStatus", k.Status() == portal.CaseFinished), warned(k.Warnings))
	}
	calls := append(portalLogin(client, p, &session), []call{
		{"ItemDirectory", "基本目录", func(ctx context.Context) error {
			page, err := client.ItemDirectory(ctx, portal.ItemQuery{PageSize: 5})
			if err != nil {
				return err
			}
			return warned(page.Warnings)
		}},
		{"Items", "事项列表", func(ctx context.Context) error {
			page, err := client.Items(ctx, portal.ItemQuery{PageSize: 5})
			if err != nil {
				return err
			}
			if len(page.Items) > 0 {
				row = page.Items[0]
			}
			return errors.Join(arrived("rowGuid", row.RowGUID != ""), warned(page.Warnings))
		}},
		{"Item", "事项详情", func(ctx context.Context) error {
			detail, err := client.Item(ctx, portal.ItemKey{RowGUID: row.RowGUID})
			if err != nil {
				return err
			}
			return errors.Join(arrived("taskName", detail.Name == row.Name), warned(detail.Warnings))
		}},
		{"ItemChanges", "事项变更", func(ctx context.Context) error {
			for page, err := range client.ItemChanges(ctx, portal.Changes{PageSize: 10}) {
				if err != nil {
					return err
				}
				return warned(page.Warnings)
			}
			return arrived("list", false)
		}},
		{"MyCases", "我的办件", func(ctx context.Context) error {
			mine, err := client.MyCases(ctx, portal.MyCasesQuery{Token: session.Token})
			if err != nil {
				return err
			}
			return errors.Join(arrived("total", mine.Total > 0), warned(mine.Warnings))
		}},
		{"Case", "办件详情", func(ctx context.Context) error {
			return whole(client.Case(ctx, portal.CaseQuery{ProjectNo: number, Token: session.Token}))
		}},
		{"CaseProgress", "办件进度查询", func(ctx context.Context) error {
			return whole(client.CaseProgress(ctx, number, zwfw.NewSecret(password)))
		}},
		{"CaseChanges", "办件变更", func(ctx context.Context) error {
			for page, err := range client.CaseChanges(ctx, portal.Changes{PageSize: 10}) {
				if err != nil {
					return err
				}
				return warned(page.Warnings)
			}
			return arrived("list", false)
		}},
		{"PublicCases", "结果公示", func(ctx context.Context) error {
			published, err := client.PublicCases(ctx, portal.PublicQuery{})
			if err != nil {
				return err
			}
			return warned(published.Warnings)
		}},
	}...)
	return patient{client, append(calls, portalRatings(client, number, served, &session)...)}, nil
}

// portalLogin is sign-on; what follows needs its session.
func portalLogin(client *portal.Client, p *sandbox.Platform, session *portal.Session) []call {
	citizen := p.Citizens()[0]
	return []call{
		{"Exchange", "票据验证", func(ctx context.Context) error {
			s, err := client.Exchange(ctx, p.MintLoginTicket(citizen, false))
			if err != nil {
				return err
			}
			*session = *s
			return warned(s.Warnings)
		}},
		{"User", "用户信息", func(ctx context.Context) error {
			user, err := client.User(ctx, session.Token)
			if err != nil {
				return err
			}
			return errors.Join(arrived("person", user.Person != nil), warned(user.Warnings))
		}},
		{"CheckToken", "令牌检查", func(ctx context.Context) error {
			_, err := client.CheckToken(ctx, session.Token)
			return err
		}},
		{"LogoutLocal", "本地退出", func(ctx context.Context) error { return client.LogoutLocal(ctx, session) }},
	}
}

func portalRatings(client *portal.Client, number string, served time.Time, session *portal.Session) []call {
	return []call{
		{"EvaluationNorms", "评价指标", func(ctx context.Context) error {
			norms, err := client.EvaluationNorms(ctx, 0)
			if err != nil {
				return err
			}
			return warned(norms.Warnings)
		}},
		{"EvaluationPoints", "待评价", func(ctx context.Context) error {
			points, err := client.EvaluationPoints(ctx, portal.PointsQuery{ProjectNo: number})
			if err != nil {
				return err
			}
			return errors.Join(arrived("serviceNumber", len(points.Points) > 0), warned(points.Warnings))
		}},
		{"Evaluate", "提交评价", func(ctx context.Context) error {
			given, err := client.Evaluate(ctx, portal.Evaluation{
				ProjectNo: number, ServiceNumber: 3, Satisfaction: 5, Channel: portal.ByComputer, Time: served.Add(time.Second), Token: session.Token,
			})
			if err != nil {
				return err
			}
			return warned(given.Warnings)
		}},
		{"Evaluations", "评价公开", func(ctx context.Context) error {
			shown, err := client.Evaluations(ctx, portal.EvaluationsQuery{})
			if err != nil {
				return err
			}
			return warned(shown.Warnings)
		}},
		{"EvaluationStatistics", "评价统计", func(ctx context.Context) error {
			counted, err := client.EvaluationStatistics(ctx, portal.EvaluationsQuery{})
			if err != nil {
				return err
			}
			return warned(counted.Warnings)
		}},
		{"Rectifications", "整改列表", func(ctx context.Context) error {
			list, err := client.Rectifications(ctx, 1, 5)
			if err != nil {
				return err
			}
			return warned(list.Warnings)
		}},
	}
}
