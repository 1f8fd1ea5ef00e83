//! The account's alias, of which it has one at most.

use super::page::Page;
use super::{Answer, Guarded, Operation};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::ACCOUNT_ALIAS;
use crate::sandbox::error::ServiceError;
use crate::sandbox::xml::Xml;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "CreateAccountAlias" => create,
        "ListAccountAliases" => list,
        "DeleteAccountAlias" => delete,
        _ => return None,
    })
}

/// A new alias takes the place of the old one.
fn create(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, alias) = guarded.read(call, |input| input.required("AccountAlias", &ACCOUNT_ALIAS))?;
    if account.alias.as_deref() == Some(alias) {
        return Err(ServiceError::already_exists(format!("The account alias {alias} already exists.")));
    }
    account.alias = Some(alias.to_owned());
    Ok(Xml::new())
}

fn list(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, page) = guarded.read(call, Page::read)?;
    let page = page.of(&account.alias, |alias| (*alias).clone())?;
    Ok(page.write_texts("AccountAliases"))
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, alias) = guarded.read(call, |input| input.required("AccountAlias", &ACCOUNT_ALIAS))?;
    if account.alias.as_deref() != Some(alias) {
        return Err(ServiceError::no_such_entity(format!("The account alias with name {alias} cannot be found.")));
    }
    account.alias = None;
    Ok(Xml::new())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::Bench;

    #[test]
    fn an_account_has_one_alias_and_a_new_one_takes_its_place() {
        let mut bench = Bench::new();
        let none = bench.ok("ListAccountAliases", &[]);
        assert_eq!(none.0, "<IsTruncated>false</IsTruncated><AccountAliases></AccountAliases>");
        bench.ok("CreateAccountAlias", &[("AccountAlias", "example-1")]);
        bench.ok("CreateAccountAlias", &[("AccountAlias", "example-2")]);
        let listed = bench.ok("ListAccountAliases", &[]);
        assert_eq!(listed.get("AccountAliases").unwrap(), "<member>example-2</member>");
        bench.ok("DeleteAccountAlias", &[("AccountAlias", "example-2")]);
        assert_eq!(bench.ok("ListAccountAliases", &[]).0, none.0);
    }

    #[test]
    fn an_alias_that_is_there_or_is_not_is_told() {
        let mut bench = Bench::new();
        bench.ok("CreateAccountAlias", &[("AccountAlias", "example")]);
        assert_eq!(
            bench.refused("CreateAccountAlias", &[("AccountAlias", "example")], "EntityAlreadyExists"),
            "The account alias example already exists."
        );
        assert_eq!(
            bench.refused("DeleteAccountAlias", &[("AccountAlias", "other")], "NoSuchEntity"),
            "The account alias with name other cannot be found."
        );
    }

    #[test]
    fn an_alias_is_of_lower_case_letters_digits_and_single_hyphens() {
        for alias in ["ab", "-abc", "abc-", "a--b", "Abc", "a_b", &"a".repeat(64)] {
            Bench::new().refused("CreateAccountAlias", &[("AccountAlias", alias)], "ValidationError");
        }
        Bench::new().refused("DeleteAccountAlias", &[], "ValidationError");
    }
}
