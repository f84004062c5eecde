package yimatong

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/yimatongwire"
)

// Color is a number of a colour list that no text gives: pass it on as it is.
type Color int

// Tag (个人身份标签) says something about a citizen, such as 退役军人. Text prints masked.
type Tag struct {
	No         int
	Text       zwfw.PlatformText
	Icon       string // http or https address; joined to Config.IconBase when it is relative
	Background Color
	Font       Color
}

// UserTags is the answer of UserTags.
type UserTags struct {
	Tags []Tag // by No; empty when the citizen has none

	RequestID string
	Raw       zwfw.Raw
	Warnings  []zwfw.Warning
}

// UserTags (用户标签信息查询) lists a citizen's tags. A citizen without tags is no error.
// The token is required.
//
// Errors: TokenInvalid (the citizen authorises again), ConsentRequired, UserNotFound,
// and those of every call.
//
// Source: DB3301/T part 3 B.2; the order by number is an assumption.
func (c *Client) UserTags(ctx context.Context, token ChannelToken) (*UserTags, error) {
	const op = "UserTags"
	if err := c.engine.CheckSecret(op, "token", token.secret, maxToken); err != nil {
		return nil, err
	}
	var out yimatongwire.UserTags
	meta, err := c.engine.Call(ctx, op, &yimatongwire.TagsOf{Token: token.secret}, &out)
	if err != nil {
		return nil, err
	}
	tags := c.tags(out.All())
	if len(tags) == 0 && (out.Tags == nil || len(out.Tags) > 0) {
		// A tag may be worth a place in the queue: say when none was understood.
		meta.Warnings = append(meta.Warnings, zwfw.Warning{Field: "tags", Problem: "the answer holds no list, or nothing in it that is understood"})
	}
	return &UserTags{Tags: tags, RequestID: meta.RequestID, Raw: meta.Raw, Warnings: meta.Warnings}, nil
}

func (c *Client) tags(wire []yimatongwire.Tag) []Tag {
	tags := make([]Tag, len(wire))
	for i, t := range wire {
		tags[i] = Tag{No: t.No, Text: t.Text, Icon: c.icon(t.Icon), Background: Color(t.BackgroundColor), Font: Color(t.FontColor)}
	}
	slices.SortStableFunc(tags, func(a, b Tag) int { return cmp.Compare(a.No, b.No) })
	return tags
}

// icon joins a relative address to the configured one. Whatever is no address of a
// picture on the web is left out.
func (c *Client) icon(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || address == "" || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https":
		return ""
	case u.IsAbs() || u.Host != "" || c.icons == nil:
		return address
	}
	joined := c.icons.JoinPath(u.Path)
	joined.RawQuery = u.RawQuery
	return joined.String()
}
