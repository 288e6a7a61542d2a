"""How to reach a Salesforce org, and the names of its fields, stages and statuses."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class SalesforceSettings:
    """One org, reached as its integration user by the client credentials flow.

    Attributes:
        login_address: My Domain address, such as `https://acme.my.salesforce.com`.
        client_id: Consumer key of the External Client App.
        client_secret: Its secret.
        api_version: REST API version, such as `v67.0`.
        external_id_field: Unique external-id field on Account, Opportunity and Task.
        won_stage: Label of the stage that means won; the org may have renamed it.
        lost_stage: Label of the stage that means lost.
        task_status: Status of a new task.
        has_many_currencies: Whether the org is multi-currency, so that each amount needs its currency.
        country_field: Field of Account that takes the ISO code of the country. With State and Country
            picklists it is `BillingCountryCode`, because `BillingCountry` then expects a label.
        timeout_seconds: Longest wait for an answer.
    """

    login_address: str
    client_id: str
    client_secret: str = field(repr=False)
    api_version: str = "v67.0"
    external_id_field: str = "Perennial_Id__c"
    won_stage: str = "Closed Won"
    lost_stage: str = "Closed Lost"
    task_status: str = "Not Started"
    has_many_currencies: bool = False
    country_field: str = "BillingCountry"
    timeout_seconds: float = 30.0
