//! Accounts: import one, import many, look up which exist.

use serde_json::{Map, Value, json};

use super::Call;
use super::error::{self, Refusal};
use super::field::is_account_id;

/// Accounts in one call of `multiaccount_import` and of `account_check` (vendor pages, 2025).
const BATCH: usize = 100;

/// `account_import`: the account's ID is `UserID`, in older editions `Identifier`.
pub(super) fn account_import(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let name = if call.fields.value("UserID").is_some() {
        "UserID"
    } else {
        "Identifier"
    };
    let account = call.fields.text(name)?;
    if !is_account_id(account) {
        return Err(call.fields.bad(name));
    }
    call.world.add_account(account);
    Ok(Map::new())
}

/// `multiaccount_import`: `AccountList` of objects, in older editions `Accounts` of texts. The
/// answer names the accounts that could not be imported.
pub(super) fn multiaccount_import(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let fields = call.fields;
    let accounts = if fields.value("AccountList").is_some() {
        let items = fields.objects("AccountList", BATCH, error::BAD_BATCH)?;
        items
            .iter()
            .map(|item| item.text("UserID"))
            .collect::<Result<Vec<_>, _>>()?
    } else {
        fields.texts("Accounts", BATCH, error::BAD_BATCH)?
    };
    let (good, failed): (Vec<&str>, Vec<&str>) = accounts
        .into_iter()
        .partition(|account| is_account_id(account));
    for account in good {
        call.world.add_account(account);
    }
    Ok(Map::from_iter([("FailAccounts".to_owned(), json!(failed))]))
}

/// `account_check`: for each account whether it was imported.
pub(super) fn account_check(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let mut results = Vec::new();
    for item in call
        .fields
        .objects("CheckItem", BATCH, error::ACCOUNT_PARAMETER)?
    {
        let account = item.text("UserID")?;
        let known = call.world.account(account).is_some();
        results.push(json!({
            "UserID": account, "ResultCode": 0, "ResultInfo": "",
            "AccountStatus": if known { "Imported" } else { "NotImported" },
        }));
    }
    Ok(Map::from_iter([("ResultItem".to_owned(), json!(results))]))
}
