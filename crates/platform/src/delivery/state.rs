//! Where can an order go from where it stands? (protocol.md §5.2)

use wire::delivery::OrderState;

db::text_enum! {
    /// Where an order stands, in the documents' words.
    pub(super) enum State {
        /// It waits for the place.
        New = "NEW",
        /// The place took it and looks for a courier.
        SchedulingDelivery = "SCHEDULING_DELIVERY",
        /// The place takes it.
        Confirmed = "CONFIRMED",
        /// It left the place.
        Dispatched = "DISPATCHED",
        /// The place does not take it.
        Declined = "DECLINED",
    }
}

impl From<State> for OrderState {
    fn from(state: State) -> Self {
        match state {
            State::New => Self::New,
            State::SchedulingDelivery => Self::SchedulingDelivery,
            State::Confirmed => Self::Confirmed,
            State::Dispatched => Self::Dispatched,
            State::Declined => Self::Declined,
        }
    }
}

/// What is done to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The place takes it; `schedules`: it first looks for a courier. Of an order for which one was looked for it says
    /// that one was found.
    Confirm {
        /// Whether a courier is looked for first.
        schedules: bool,
    },
    /// The place does not take it, or no courier was found.
    Decline,
    /// Nobody confirmed it in time.
    Expire,
    /// It leaves the place.
    Dispatch,
}

/// Where the step leads; `None` when it cannot be made from there.
pub(super) fn after(state: State, step: Step) -> Option<State> {
    match (state, step) {
        (State::New, Step::Confirm { schedules: true }) => Some(State::SchedulingDelivery),
        (State::New | State::SchedulingDelivery, Step::Confirm { .. }) => Some(State::Confirmed),
        (State::New | State::SchedulingDelivery, Step::Decline) | (State::New, Step::Expire) => {
            Some(State::Declined)
        }
        (State::Confirmed, Step::Dispatch) => Some(State::Dispatched),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_from_everywhere() {
        use State::{Confirmed, Declined, Dispatched, New, SchedulingDelivery};
        let (at_once, by_courier) = (Step::Confirm { schedules: false }, Step::Confirm { schedules: true });
        // from, and where confirming at once, confirming by courier, declining, expiring and dispatching lead
        let table = [
            (New, [Some(Confirmed), Some(SchedulingDelivery), Some(Declined), Some(Declined), None]),
            (SchedulingDelivery, [Some(Confirmed), Some(Confirmed), Some(Declined), None, None]),
            (Confirmed, [None, None, None, None, Some(Dispatched)]),
            (Dispatched, [None; 5]),
            (Declined, [None; 5]),
        ];
        assert_eq!(table.len(), State::ALL.len());
        for (from, expected) in table {
            let steps = [at_once, by_courier, Step::Decline, Step::Expire, Step::Dispatch];
            assert_eq!(steps.map(|step| after(from, step)), expected, "{from:?}");
        }
    }
}
