//! Contacts.
//!
//! [MS-ASCNTC] §2.2.2

use crate::eas::body::Body;
use crate::eas::scalar::{Base64, ClearableDate};
use crate::element;

element! {
    /// A contact; an absent field and an empty one are two things.
    #[derive(Default)]
    pub struct Contact = AirSync::ApplicationData {
        /// Wedding day or the like, a date.
        anniversary: Option<ClearableDate> = Contacts::Anniversary,
        /// Name of the assistant.
        assistant_name: Option<String> = Contacts::AssistantName,
        /// Telephone of the assistant.
        assistant_phone_number: Option<String> = Contacts::AssistantPhoneNumber,
        /// Birthday, a date.
        birthday: Option<ClearableDate> = Contacts::Birthday,
        /// Second telephone at work.
        business2_phone_number: Option<String> = Contacts::Business2PhoneNumber,
        /// Town, at work.
        business_address_city: Option<String> = Contacts::BusinessAddressCity,
        /// Telephone at work.
        business_phone_number: Option<String> = Contacts::BusinessPhoneNumber,
        /// Web page.
        web_page: Option<String> = Contacts::WebPage,
        /// Country, at work.
        business_address_country: Option<String> = Contacts::BusinessAddressCountry,
        /// Department.
        department: Option<String> = Contacts::Department,
        /// First address of mail.
        email1_address: Option<String> = Contacts::Email1Address,
        /// Second address of mail.
        email2_address: Option<String> = Contacts::Email2Address,
        /// Third address of mail.
        email3_address: Option<String> = Contacts::Email3Address,
        /// Fax at work.
        business_fax_number: Option<String> = Contacts::BusinessFaxNumber,
        /// How the contact is listed.
        file_as: Option<String> = Contacts::FileAs,
        /// First name.
        first_name: Option<String> = Contacts::FirstName,
        /// Town, at home.
        home_address_city: Option<String> = Contacts::HomeAddressCity,
        /// Country, at home.
        home_address_country: Option<String> = Contacts::HomeAddressCountry,
        /// Fax at home.
        home_fax_number: Option<String> = Contacts::HomeFaxNumber,
        /// Telephone at home.
        home_phone_number: Option<String> = Contacts::HomePhoneNumber,
        /// Second telephone at home.
        home2_phone_number: Option<String> = Contacts::Home2PhoneNumber,
        /// Postal code, at home.
        home_address_postal_code: Option<String> = Contacts::HomeAddressPostalCode,
        /// State, at home.
        home_address_state: Option<String> = Contacts::HomeAddressState,
        /// Street, at home.
        home_address_street: Option<String> = Contacts::HomeAddressStreet,
        /// Middle names.
        middle_name: Option<String> = Contacts::MiddleName,
        /// Mobile telephone.
        mobile_phone_number: Option<String> = Contacts::MobilePhoneNumber,
        /// Name suffix.
        suffix: Option<String> = Contacts::Suffix,
        /// Company.
        company_name: Option<String> = Contacts::CompanyName,
        /// Town, elsewhere.
        other_address_city: Option<String> = Contacts::OtherAddressCity,
        /// Country, elsewhere.
        other_address_country: Option<String> = Contacts::OtherAddressCountry,
        /// Telephone in the car.
        car_phone_number: Option<String> = Contacts::CarPhoneNumber,
        /// Postal code, elsewhere.
        other_address_postal_code: Option<String> = Contacts::OtherAddressPostalCode,
        /// State, elsewhere.
        other_address_state: Option<String> = Contacts::OtherAddressState,
        /// Street, elsewhere.
        other_address_street: Option<String> = Contacts::OtherAddressStreet,
        /// Pager.
        pager_number: Option<String> = Contacts::PagerNumber,
        /// Honorific.
        title: Option<String> = Contacts::Title,
        /// Postal code, at work.
        business_address_postal_code: Option<String> = Contacts::BusinessAddressPostalCode,
        /// Last name.
        last_name: Option<String> = Contacts::LastName,
        /// Husband or wife.
        spouse: Option<String> = Contacts::Spouse,
        /// State, at work.
        business_address_state: Option<String> = Contacts::BusinessAddressState,
        /// Street, at work.
        business_address_street: Option<String> = Contacts::BusinessAddressStreet,
        /// Job.
        job_title: Option<String> = Contacts::JobTitle,
        /// First name as it is spoken.
        yomi_first_name: Option<String> = Contacts::YomiFirstName,
        /// Last name as it is spoken.
        yomi_last_name: Option<String> = Contacts::YomiLastName,
        /// Company as it is spoken.
        yomi_company_name: Option<String> = Contacts::YomiCompanyName,
        /// Office.
        office_location: Option<String> = Contacts::OfficeLocation,
        /// Radio telephone.
        radio_phone_number: Option<String> = Contacts::RadioPhoneNumber,
        /// Picture, at most 48 KiB in base64.
        picture: Option<Base64> = Contacts::Picture,
        /// Labels.
        categories: Option<Categories> = Contacts::Categories,
        /// Children.
        children: Option<Children> = Contacts::Children,
        /// Customer number.
        customer_id: Option<String> = Contacts2::CustomerId,
        /// Number that a government gave.
        government_id: Option<String> = Contacts2::GovernmentId,
        /// First address of instant messages.
        im_address: Option<String> = Contacts2::IMAddress,
        /// Second address of instant messages.
        im_address2: Option<String> = Contacts2::IMAddress2,
        /// Third address of instant messages.
        im_address3: Option<String> = Contacts2::IMAddress3,
        /// Manager.
        manager_name: Option<String> = Contacts2::ManagerName,
        /// Main telephone of the company.
        company_main_phone: Option<String> = Contacts2::CompanyMainPhone,
        /// Account name.
        account_name: Option<String> = Contacts2::AccountName,
        /// Nickname.
        nick_name: Option<String> = Contacts2::NickName,
        /// Address of multimedia messages.
        mms: Option<String> = Contacts2::MMS,
        /// Notes.
        body: Option<Body> = AirSyncBase::Body since V12_0,
        /// Notes as the oldest version has them.
        plain_body: Option<String> = Contacts::Body until V2_5,
        /// Their whole size.
        body_size: Option<u64> = Contacts::BodySize until V2_5,
        /// Whether something of them was cut.
        body_truncated: Option<bool> = Contacts::BodyTruncated until V2_5,
    }
}

element! {
    /// The labels of a contact. [MS-ASCNTC] §2.2.2.18
    #[derive(Default)]
    pub struct Categories = Contacts::Categories {
        /// Each of them.
        categories: Vec<String> = Contacts::Category,
    }
}

element! {
    /// The children of a contact. [MS-ASCNTC] §2.2.2.22
    #[derive(Default)]
    pub struct Children = Contacts::Children {
        /// Each of them.
        children: Vec<String> = Contacts::Child,
    }
}
