package hotline

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	unitName   = regexp.MustCompile(`^[a-z0-9._-]{1,24}$`)
	workQueue  = regexp.MustCompile(`^[a-z0-9._-]{1,24}$`)
	answerName = regexp.MustCompile(`^[a-z0-9._-]{1,64}$`)
)

// check refuses what cannot work.
func (c *WorkerConfig) check() error {
	fail := func(field, problem string) error { return fmt.Errorf("hotline: WorkerConfig.%s %s", field, problem) }
	switch {
	case len(c.Units) == 0:
		return fail("Units", "is required")
	case c.Desk == nil:
		return fail("Desk", "is required")
	case c.Sign == 0:
		return fail("Sign", "is required: SignOnStored or SignManually")
	case c.Sign > SignManually:
		return fail("Sign", "is neither SignOnStored nor SignManually")
	case c.Sign == SignOnStored && strings.TrimSpace(c.Signer.Reveal()) == "":
		return fail("Signer", "is required with SignOnStored")
	case c.Every < 0 || c.Every > 24*time.Hour:
		return fail("Every", fmt.Sprintf("must be at most 24h and not negative, is %v", c.Every))
	case c.Schedule != nil && c.Schedule.Calendar == nil:
		return fail("Schedule", "has no Calendar: NewSchedule takes one")
	case c.HandoutQueue != "" && !workQueue.MatchString(c.HandoutQueue):
		return fail("HandoutQueue", "must be 1 to 24 of a-z 0-9 . _ -")
	case c.AnswerQueue != "" && !answerName.MatchString(c.AnswerQueue):
		return fail("AnswerQueue", "must be 1 to 64 of a-z 0-9 . _ -")
	case c.HandoutQueue != "" && c.HandoutQueue == c.AnswerQueue:
		return fail("AnswerQueue", "must be another than HandoutQueue")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Units)) {
		if !unitName.MatchString(name) {
			return fail("Units", "has a name that is not 1 to 24 of a-z 0-9 . _ -")
		}
		client := c.Units[name]
		if client == nil {
			return fail("Units["+name+"]", "is nil")
		}
		if c.Sign == SignOnStored {
			if err := client.checkSign("SignFor", SignRequest{DispatchID: "-", Signer: c.Signer}); err != nil {
				return errors.Join(fail("Signer", "is no name that can sign"), err)
			}
		}
	}
	return nil
}
