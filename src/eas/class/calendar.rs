//! Appointments and meetings.
//!
//! Older clients read an exception with what stood before it: so Exceptions stand behind all that
//! they take over from their series.
//!
//! [MS-ASCAL] §2.2.2

use crate::eas::body::Body;
use crate::eas::scalar::{Base64, BasicDate, DashDate};
use crate::eas::schema::{Error, Shape, Value};
use crate::eas::version::ProtocolVersion;
use crate::element;
use crate::wbxml::Writer;
use crate::wbxml::element::Element;

element! {
    /// An event; an absent field and an empty one are two things.
    #[derive(Default)]
    pub struct Event = AirSync::ApplicationData {
        /// The rules of its time zone: 172 bytes.
        timezone: Option<Base64> = Calendar::Timezone,
        /// Whether it takes whole days.
        all_day_event: Option<Clearable<u8>> = Calendar::AllDayEvent,
        /// 0 free, 1 tentative, 2 busy, 3 out of the office, 4 working elsewhere.
        busy_status: Option<Clearable<u8>> = Calendar::BusyStatus,
        /// Name of the organizer.
        organizer_name: Option<String> = Calendar::OrganizerName,
        /// Address of the organizer.
        organizer_email: Option<String> = Calendar::OrganizerEmail,
        /// When it was changed last.
        dt_stamp: Option<BasicDate> = Calendar::DtStamp,
        /// Its end.
        end_time: Option<BasicDate> = Calendar::EndTime,
        /// Where it takes place.
        location_text: Option<String> = Calendar::Location until V14_1,
        /// The same, since 16.0.
        location: Option<Location> = AirSyncBase::Location since V16_0,
        /// Minutes before its start; an empty tag means none.
        reminder: Option<Clearable<u32>> = Calendar::Reminder,
        /// 0 normal, 1 personal, 2 private, 3 confidential.
        sensitivity: Option<Clearable<u8>> = Calendar::Sensitivity,
        /// Its title.
        subject: Option<String> = Calendar::Subject,
        /// Its start.
        start_time: Option<BasicDate> = Calendar::StartTime,
        /// What all calendars know it by.
        uid: Option<String> = Calendar::UID,
        /// 0 no meeting, 1 a meeting of one's own, 3 of others; 5 and 7: the same, cancelled.
        meeting_status: Option<Clearable<u8>> = Calendar::MeetingStatus,
        /// Those who are invited.
        attendees: Option<Attendees> = Calendar::Attendees,
        /// Labels.
        categories: Option<Categories> = Calendar::Categories,
        /// How it recurs; an empty element means not at all.
        recurrence: Option<Recurrence> = Calendar::Recurrence,
        /// Its text.
        body: Option<Body> = AirSyncBase::Body since V12_0,
        /// Its text, before 12.0.
        body_text: Option<String> = Calendar::Body until V2_5,
        /// Whether that was cut.
        body_truncated: Option<bool> = Calendar::BodyTruncated until V2_5,
        /// The occurrences that are otherwise, or not at all.
        exceptions: Option<Exceptions> = Calendar::Exceptions,
        /// Whether the organizer wants an answer.
        response_requested: Option<Clearable<u8>> = Calendar::ResponseRequested since V14_0,
        /// When the user answered.
        appointment_reply_time: Option<DashDate> = Calendar::AppointmentReplyTime since V14_0,
        /// 0 none, 1 organizer, 2 tentative, 3 accepted, 4 declined, 5 not answered.
        response_type: Option<Clearable<u8>> = Calendar::ResponseType since V14_0,
        /// Whether other times may be proposed.
        disallow_new_time_proposal: Option<Clearable<u8>> =
            Calendar::DisallowNewTimeProposal since V14_0,
        /// Link to a meeting that is held online.
        online_meeting_conf_link: Option<String> = Calendar::OnlineMeetingConfLink since V14_1,
        /// The same, for those outside.
        online_meeting_external_link: Option<String> =
            Calendar::OnlineMeetingExternalLink since V14_1,
        /// What the client knows it by.
        client_uid: Option<String> = Calendar::ClientUid since V16_0,
    }
}

element! {
    /// The labels of an event. [MS-ASCAL] §2.2.2.11
    #[derive(Default)]
    pub struct Categories = Calendar::Categories {
        /// Each of them.
        categories: Vec<String> = Calendar::Category,
    }
}

element! {
    /// Those who are invited. [MS-ASCAL] §2.2.2.4
    #[derive(Default)]
    pub struct Attendees = Calendar::Attendees {
        /// Each of them.
        attendees: Vec<Attendee> = Calendar::Attendee,
    }
}

element! {
    /// One who is invited. [MS-ASCAL] §2.2.2.3
    #[derive(Default)]
    pub struct Attendee = Calendar::Attendee {
        /// The address.
        email: Option<String> = Calendar::Email,
        /// The name.
        name: Option<String> = Calendar::Name,
        /// 0 unknown, 2 tentative, 3 accepted, 4 declined, 5 not answered.
        status: Option<Clearable<u8>> = Calendar::AttendeeStatus since V12_0,
        /// 1 required, 2 optional, 3 a resource.
        kind: Option<Clearable<u8>> = Calendar::AttendeeType since V12_0,
    }
}

element! {
    /// How an event recurs. [MS-ASCAL] §2.2.2.37
    #[derive(Default)]
    pub struct Recurrence = Calendar::Recurrence {
        /// 0 daily, 1 weekly, 2 and 3 monthly, 5 and 6 yearly; by date and by day of the week.
        kind: Option<u32> = Calendar::Type,
        /// When the last occurrence starts.
        until: Option<BasicDate> = Calendar::Until,
        /// How many occurrences there are.
        occurrences: Option<u32> = Calendar::Occurrences,
        /// Days, weeks, months or years from one to the next.
        interval: Option<u32> = Calendar::Interval,
        /// Days of the week, added: Sunday 1 to Saturday 64; 127 with a week means the last day.
        day_of_week: Option<u32> = Calendar::DayOfWeek,
        /// Day of the month.
        day_of_month: Option<u32> = Calendar::DayOfMonth,
        /// Week of the month; 5 is the last.
        week_of_month: Option<u32> = Calendar::WeekOfMonth,
        /// Month of the year.
        month_of_year: Option<u32> = Calendar::MonthOfYear,
        /// The calendar that counts.
        calendar_type: Option<u32> = Calendar::CalendarType since V14_0,
        /// Whether the month is a leap month of that calendar.
        is_leap_month: Option<bool> = Calendar::IsLeapMonth since V14_0,
        /// The day with which a week begins, Sunday 0.
        first_day_of_week: Option<u32> = Calendar::FirstDayOfWeek since V14_1,
    }
}

element! {
    /// The occurrences that are otherwise. [MS-ASCAL] §2.2.2.22
    #[derive(Default)]
    pub struct Exceptions = Calendar::Exceptions {
        /// Each of them.
        exceptions: Vec<Exception> = Calendar::Exception,
    }
}

element! {
    /// An occurrence that is otherwise; what is absent is as in the series.
    ///
    /// [MS-ASCAL] §2.2.2.21
    #[derive(Default)]
    pub struct Exception = Calendar::Exception {
        /// Whether it does not take place.
        deleted: Option<Clearable<u8>> = Calendar::Deleted,
        /// Its start by the rule of the series.
        exception_start_time: Option<BasicDate> = Calendar::ExceptionStartTime until V14_1,
        /// The same, since 16.0.
        instance_id: Option<BasicDate> = AirSyncBase::InstanceId since V16_0,
        /// Whether it takes whole days.
        all_day_event: Option<Clearable<u8>> = Calendar::AllDayEvent,
        /// As of an event.
        busy_status: Option<Clearable<u8>> = Calendar::BusyStatus,
        /// When it was changed last.
        dt_stamp: Option<BasicDate> = Calendar::DtStamp,
        /// Its end.
        end_time: Option<BasicDate> = Calendar::EndTime,
        /// Where it takes place.
        location_text: Option<String> = Calendar::Location until V14_1,
        /// The same, since 16.0.
        location: Option<Location> = AirSyncBase::Location since V16_0,
        /// Minutes before its start; an empty tag means none.
        reminder: Option<Clearable<u32>> = Calendar::Reminder,
        /// As of an event.
        sensitivity: Option<Clearable<u8>> = Calendar::Sensitivity,
        /// Its title.
        subject: Option<String> = Calendar::Subject,
        /// Its start.
        start_time: Option<BasicDate> = Calendar::StartTime,
        /// What all calendars know the series by.
        uid: Option<String> = Calendar::UID until V2_5,
        /// As of an event.
        meeting_status: Option<Clearable<u8>> = Calendar::MeetingStatus since V14_0,
        /// Those who are invited.
        attendees: Option<Attendees> = Calendar::Attendees since V14_0,
        /// Labels.
        categories: Option<Categories> = Calendar::Categories,
        /// Its text.
        body: Option<Body> = AirSyncBase::Body since V12_0,
        /// Its text, before 12.0.
        body_text: Option<String> = Calendar::Body until V2_5,
        /// Whether that was cut.
        body_truncated: Option<bool> = Calendar::BodyTruncated until V2_5,
        /// When the user answered.
        appointment_reply_time: Option<DashDate> = Calendar::AppointmentReplyTime since V14_0,
        /// As of an event.
        response_type: Option<Clearable<u8>> = Calendar::ResponseType since V14_0,
        /// As of an event.
        online_meeting_conf_link: Option<String> = Calendar::OnlineMeetingConfLink since V14_1,
        /// As of an event.
        online_meeting_external_link: Option<String> =
            Calendar::OnlineMeetingExternalLink since V14_1,
    }
}

element! {
    /// A place. [MS-ASAIRS] §2.2.2.28
    #[derive(Default)]
    pub struct Location = AirSyncBase::Location {
        /// What users see.
        display_name: Option<String> = AirSyncBase::DisplayName,
        /// A note of the user's.
        annotation: Option<String> = AirSyncBase::Annotation,
        /// Street and number.
        street: Option<String> = AirSyncBase::Street,
        /// Town.
        city: Option<String> = AirSyncBase::City,
        /// State or province.
        state: Option<String> = AirSyncBase::State,
        /// Country.
        country: Option<String> = AirSyncBase::Country,
        /// Postal code.
        postal_code: Option<String> = AirSyncBase::PostalCode,
    }
}

/// A value that an empty tag takes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clearable<T>(pub Option<T>);

impl<T> From<T> for Clearable<T> {
    fn from(value: T) -> Self {
        Self(Some(value))
    }
}

impl<T: Value> Value for Clearable<T> {
    fn shape() -> Shape {
        T::shape()
    }

    fn read(element: Element) -> Result<Self, Error> {
        if element.text().trim().is_empty() {
            return Ok(Self(None));
        }
        T::read(element).map(|value| Self(Some(value)))
    }

    fn write(&self, version: ProtocolVersion, out: &mut Writer) {
        if let Some(value) = &self.0 {
            value.write(version, out);
        }
    }
}
