//! The fields of a contact that are one text on both sides.

use crate::eas::class::contact::Contact;

/// One of them.
pub(crate) struct Field {
    /// Page and tag on the wire.
    pub(crate) tag: &'static str,
    /// Turba's name.
    pub(crate) attribute: &'static str,
    /// Reads it.
    pub(crate) get: fn(&Contact) -> &Option<String>,
    /// Where it is written.
    pub(crate) slot: fn(&mut Contact) -> &mut Option<String>,
}

macro_rules! fields {
    ($($tag:literal $attribute:literal $field:ident;)*) => {
        &[$(Field {
            tag: $tag,
            attribute: $attribute,
            get: |contact| &contact.$field,
            slot: |contact| &mut contact.$field,
        },)*]
    };
}

/// All of them.
pub(crate) const FIELDS: &[Field] = fields! {
    "Contacts:AssistantName" "assistant" assistant_name;
    "Contacts:AssistantPhoneNumber" "assistPhone" assistant_phone_number;
    "Contacts:Business2PhoneNumber" "workPhone2" business2_phone_number;
    "Contacts:BusinessAddressCity" "workCity" business_address_city;
    "Contacts:BusinessAddressCountry" "workCountry" business_address_country;
    "Contacts:BusinessAddressPostalCode" "workPostalCode" business_address_postal_code;
    "Contacts:BusinessAddressState" "workProvince" business_address_state;
    "Contacts:BusinessAddressStreet" "workStreet" business_address_street;
    "Contacts:BusinessFaxNumber" "fax" business_fax_number;
    "Contacts:BusinessPhoneNumber" "workPhone" business_phone_number;
    "Contacts:CarPhoneNumber" "carPhone" car_phone_number;
    "Contacts:CompanyName" "company" company_name;
    "Contacts:Department" "department" department;
    "Contacts:FirstName" "firstname" first_name;
    "Contacts:Home2PhoneNumber" "homePhone2" home2_phone_number;
    "Contacts:HomeAddressCity" "homeCity" home_address_city;
    "Contacts:HomeAddressCountry" "homeCountry" home_address_country;
    "Contacts:HomeAddressPostalCode" "homePostalCode" home_address_postal_code;
    "Contacts:HomeAddressState" "homeProvince" home_address_state;
    "Contacts:HomeAddressStreet" "homeStreet" home_address_street;
    "Contacts:HomeFaxNumber" "homeFax" home_fax_number;
    "Contacts:HomePhoneNumber" "homePhone" home_phone_number;
    "Contacts:JobTitle" "title" job_title;
    "Contacts:LastName" "lastname" last_name;
    "Contacts:MiddleName" "middlenames" middle_name;
    "Contacts:MobilePhoneNumber" "cellPhone" mobile_phone_number;
    "Contacts:OfficeLocation" "office" office_location;
    "Contacts:OtherAddressCity" "otherCity" other_address_city;
    "Contacts:OtherAddressCountry" "otherCountry" other_address_country;
    "Contacts:OtherAddressPostalCode" "otherPostalCode" other_address_postal_code;
    "Contacts:OtherAddressState" "otherProvince" other_address_state;
    "Contacts:OtherAddressStreet" "otherStreet" other_address_street;
    "Contacts:PagerNumber" "pager" pager_number;
    "Contacts:RadioPhoneNumber" "radioPhone" radio_phone_number;
    "Contacts:Spouse" "spouse" spouse;
    "Contacts:Suffix" "nameSuffix" suffix;
    "Contacts:Title" "namePrefix" title;
    "Contacts:WebPage" "website" web_page;
    "Contacts:YomiFirstName" "yomifirstname" yomi_first_name;
    "Contacts:YomiLastName" "yomilastname" yomi_last_name;
    "Contacts2:CompanyMainPhone" "companyPhone" company_main_phone;
    "Contacts2:IMAddress" "imaddress" im_address;
    "Contacts2:IMAddress2" "imaddress2" im_address2;
    "Contacts2:IMAddress3" "imaddress3" im_address3;
    "Contacts2:ManagerName" "manager" manager_name;
    "Contacts2:NickName" "alias" nick_name;
};
