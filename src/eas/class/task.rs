//! Tasks.
//!
//! [MS-ASTASK] §2.2.2

use crate::eas::body::Body;
use crate::eas::scalar::{ClearableDate, DashDate};
use crate::element;

element! {
    /// A task; an absent field and an empty one are two things.
    #[derive(Default)]
    pub struct Task = AirSync::ApplicationData {
        /// Its title.
        subject: Option<String> = Tasks::Subject,
        /// Its text.
        body: Option<Body> = AirSyncBase::Body since V12_0,
        /// Its text as the oldest version has it.
        plain_body: Option<String> = Tasks::Body until V2_5,
        /// The text's whole size.
        body_size: Option<u64> = Tasks::BodySize until V2_5,
        /// Whether something of it was cut.
        body_truncated: Option<bool> = Tasks::BodyTruncated until V2_5,
        /// 0 low, 1 normal, 2 high.
        importance: Option<u8> = Tasks::Importance,
        /// When work on it begins: what a clock on the user's wall shows, spelled as if it were UTC.
        start_date: Option<ClearableDate> = Tasks::StartDate,
        /// The same as an instant.
        utc_start_date: Option<ClearableDate> = Tasks::UtcStartDate,
        /// When it is due, by the clock on the wall.
        due_date: Option<ClearableDate> = Tasks::DueDate,
        /// The same as an instant.
        utc_due_date: Option<ClearableDate> = Tasks::UtcDueDate,
        /// Labels.
        categories: Option<Categories> = Tasks::Categories,
        /// How it recurs.
        recurrence: Option<Recurrence> = Tasks::Recurrence,
        /// Whether it is done.
        complete: Option<bool> = Tasks::Complete,
        /// When it was done.
        date_completed: Option<ClearableDate> = Tasks::DateCompleted,
        /// 0 normal, 1 personal, 2 private, 3 confidential.
        sensitivity: Option<u8> = Tasks::Sensitivity,
        /// Whether the user is reminded.
        reminder_set: Option<bool> = Tasks::ReminderSet,
        /// When.
        reminder_time: Option<ClearableDate> = Tasks::ReminderTime,
    }
}

element! {
    /// The labels of a task. [MS-ASTASK] §2.2.2.4
    #[derive(Default)]
    pub struct Categories = Tasks::Categories {
        /// Each of them.
        categories: Vec<String> = Tasks::Category,
    }
}

element! {
    /// How a task recurs. [MS-ASTASK] §2.2.2.19
    #[derive(Default)]
    pub struct Recurrence = Tasks::Recurrence {
        /// 0 daily, 1 weekly, 2 and 3 monthly, 5 and 6 yearly; by date and by day of the week.
        kind: Option<u32> = Tasks::Type,
        /// When the first one is due.
        start: Option<DashDate> = Tasks::Start,
        /// No occurrence is later.
        until: Option<DashDate> = Tasks::Until,
        /// How many there are.
        occurrences: Option<u32> = Tasks::Occurrences,
        /// How many days, weeks, months or years lie between two.
        interval: Option<u32> = Tasks::Interval,
        /// Days of the week: 1 Sunday, 2 Monday … 64 Saturday, added up.
        day_of_week: Option<u32> = Tasks::DayOfWeek,
        /// Day of the month.
        day_of_month: Option<u32> = Tasks::DayOfMonth,
        /// Week of the month; 5 is the last.
        week_of_month: Option<u32> = Tasks::WeekOfMonth,
        /// Month of the year.
        month_of_year: Option<u32> = Tasks::MonthOfYear,
        /// Whether the next one is counted from the day on which one is done.
        regenerate: Option<bool> = Tasks::Regenerate,
        /// Whether this is a copy of an occurrence that is done, and recurs no more.
        dead_occur: Option<bool> = Tasks::DeadOccur,
        /// The calendar in which it is counted.
        calendar_type: Option<u32> = Tasks::CalendarType since V14_0,
        /// Whether it is counted in leap months.
        is_leap_month: Option<bool> = Tasks::IsLeapMonth since V14_0,
        /// With which day a week begins.
        first_day_of_week: Option<u32> = Tasks::FirstDayOfWeek since V14_1,
    }
}
