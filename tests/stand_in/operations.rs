//! The operations, each as the service answers it.

use std::sync::Arc;

use quartermaster::domain::ids::{RecordId, RequestId};
use quartermaster::ports::provisioner::{ProvisionError, ProvisionOrder, RecordState};
use serde_json::{Value, json};

use super::made::Made;
use super::{Refused, StandIn};

/// Outputs on one page, fewer than the shipped products have.
const PAGE: usize = 2;

impl StandIn {
    pub(super) async fn operate(&self, operation: &str, asked: &Value) -> Result<Value, Refused> {
        let of_ones_own = [
            "UpdateProvisionedProduct",
            "DescribeRecord",
            "DescribeProvisionedProduct",
            "TerminateProvisionedProduct",
        ];
        if self.account.lock().unwrap().role_is_new && of_ones_own.contains(&operation) {
            return Err(("ResourceNotFoundException", "Provisioned product not found.".to_owned()));
        }
        match operation {
            "SearchProductsAsAdmin" => self.account.lock().unwrap().shelf.search(asked),
            "DescribeProduct" => self.account.lock().unwrap().shelf.describe(asked),
            "DescribeProvisioningArtifact" => self.account.lock().unwrap().shelf.artifact(asked),
            "ListLaunchPaths" => self.account.lock().unwrap().shelf.paths(asked),
            "DescribeProvisioningParameters" => self.account.lock().unwrap().shelf.parameters(asked),
            "ProvisionProduct" => self.provision(asked).await,
            "UpdateProvisionedProduct" => self.update(asked).await,
            "DescribeRecord" => self.record(asked).await,
            "DescribeProvisionedProduct" => self.describe(asked),
            "TerminateProvisionedProduct" => self.terminate(asked).await,
            "SearchProvisionedProducts" => Ok(self.search(asked)),
            other => panic!("the stand-in has no operation {other}"),
        }
    }

    async fn provision(&self, asked: &Value) -> Result<Value, Refused> {
        let name = text(&asked["ProvisionedProductName"]);
        let (published, backing) = {
            let account = self.account.lock().unwrap();
            let published = account.shelf.at(asked)?.clone();
            if let Some(made) = account.made.get(&name) {
                if made.token == text(&asked["ProvisionToken"]) {
                    return Ok(json!({"RecordDetail": begun(made, &made.record)}));
                }
                let message = format!("A provisioned product named {name} already exists.");
                return Err(("DuplicateResourceException", message));
            }
            (published, Arc::clone(&account.backing))
        };
        let order = ProvisionOrder {
            request: request_of(&name),
            product: &published.product,
            parameters: &pairs(&asked["ProvisioningParameters"]),
            tags: &pairs(&asked["Tags"]),
        };
        let started = backing.provision(&order).await.map_err(|error| match error {
            ProvisionError::Refused(why) => ("InvalidParametersException", why),
            ProvisionError::Other(error) => panic!("{error:#}"),
        })?;
        let made = Made {
            id: started.product.to_string(),
            name: name.clone(),
            token: text(&asked["ProvisionToken"]),
            tags: asked["Tags"].clone(),
            record: started.record.to_string(),
            change: None,
            removal: None,
            drift: None,
        };
        let answer = begun(&made, &made.record);
        self.account.lock().unwrap().made.insert(name, made);
        Ok(json!({"RecordDetail": answer}))
    }

    async fn update(&self, asked: &Value) -> Result<Value, Refused> {
        let name = text(&asked["ProvisionedProductName"]);
        let (published, made, backing) = {
            let account = self.account.lock().unwrap();
            let published = account.shelf.at(asked)?.clone();
            let made = account.made.get(&name).cloned();
            let made = made
                .ok_or_else(|| ("ResourceNotFoundException", "Provisioned product not found.".to_owned()))?;
            (published, made, Arc::clone(&account.backing))
        };
        // "Requires the product to have RESOURCE_UPDATE constraint with TagUpdatesOnProvisionedProduct set to ALLOWED to
        // allow tag updates", says the service model of UpdateProvisionedProductInput; in which words it refuses is not
        // recorded from AWS.
        let sends_tags = asked["Tags"].as_array().is_some_and(|tags| !tags.is_empty());
        if sends_tags && !published.allows_tag_updates {
            let message =
                "Tag updates are not allowed: the product has no RESOURCE_UPDATE constraint.".to_owned();
            return Err(("InvalidParametersException", message));
        }
        let order = ProvisionOrder {
            request: request_of(&name),
            product: &published.product,
            parameters: &pairs(&asked["ProvisioningParameters"]),
            tags: &pairs(&asked["Tags"]),
        };
        let token = text(&asked["UpdateToken"]);
        let (_, change) = token.rsplit_once('-').unwrap();
        let record = backing.update(&order, change.parse().unwrap()).await.map_err(|error| match error {
            ProvisionError::Refused(why) => ("InvalidParametersException", why),
            // What AWS says then is not known: see `tests/model`.
            ProvisionError::Other(why) => ("ResourceInUseException", format!("under change: {why}")),
        })?;
        let mut account = self.account.lock().unwrap();
        if let Some(made) = account.made.get_mut(&name) {
            made.change = Some(record.to_string());
        }
        Ok(json!({"RecordDetail": begun(&made, record.as_str())}))
    }

    async fn record(&self, asked: &Value) -> Result<Value, Refused> {
        let id = RecordId::new(text(&asked["Id"]));
        let backing = Arc::clone(&self.account.lock().unwrap().backing);
        let Ok(state) = backing.describe(&id).await else {
            return Err(("ResourceNotFoundException", format!("Record {id} not found.")));
        };
        let detail = |status: &str| json!({"RecordId": id.as_str(), "Status": status});
        match state {
            RecordState::Running => Ok(json!({"RecordDetail": detail(self.running(&id))})),
            RecordState::Failed { why } => {
                self.is_changed(&id);
                let mut detail = detail("FAILED");
                detail["RecordErrors"] = json!([{"Code": "ServiceError", "Description": why}]);
                Ok(json!({"RecordDetail": detail}))
            }
            RecordState::Succeeded { outputs } => {
                self.finish(&id);
                let from: usize = asked["PageToken"].as_str().map_or(0, |token| token.parse().unwrap());
                let output = |(key, description, value): &(String, String, String)| json!({"OutputKey": key, "OutputValue": value, "Description": description});
                let page: Vec<Value> = outputs.iter().skip(from).take(PAGE).map(output).collect();
                let next = (from + PAGE < outputs.len()).then(|| (from + PAGE).to_string());
                Ok(json!({"RecordDetail": detail("SUCCEEDED"), "RecordOutputs": page, "NextPageToken": next}))
            }
        }
    }

    /// What a record that runs is called: first one, then another, and one while it is rolled back.
    fn running(&self, id: &RecordId) -> &'static str {
        let asked =
            |(operation, body): &&(String, Value)| operation == "DescribeRecord" && body["Id"] == id.as_str();
        match self.calls().iter().filter(asked).count() {
            1 => "CREATED",
            2 => "IN_PROGRESS",
            _ => "IN_PROGRESS_IN_ERROR",
        }
    }

    /// What a removal has removed is not there any more, and a change is over.
    fn finish(&self, record: &RecordId) {
        self.is_changed(record);
        let is_removed =
            |made: &Made| made.removal.as_ref().is_some_and(|(_, removal)| removal == record.as_str());
        self.account.lock().unwrap().made.retain(|_, made| !is_removed(made));
    }

    fn is_changed(&self, record: &RecordId) {
        let mut account = self.account.lock().unwrap();
        let ended = |made: &&mut Made| made.change.as_deref() == Some(record.as_str());
        account.made.values_mut().filter(ended).for_each(|made| made.change = None);
    }

    fn describe(&self, asked: &Value) -> Result<Value, Refused> {
        let account = self.account.lock().unwrap();
        let found = account.made.values().find(|made| {
            asked["Name"].as_str() == Some(&made.name) || asked["Id"].as_str() == Some(&made.id)
        });
        let found = found
            .ok_or_else(|| ("ResourceNotFoundException", "Provisioned product not found.".to_owned()))?;
        Ok(json!({"ProvisionedProductDetail": found.told()}))
    }

    async fn terminate(&self, asked: &Value) -> Result<Value, Refused> {
        let name = text(&asked["ProvisionedProductName"]);
        let token = text(&asked["TerminateToken"]);
        let (made, backing) = {
            let account = self.account.lock().unwrap();
            let found = account.made.get(&name).cloned();
            let made = found
                .ok_or_else(|| ("ResourceNotFoundException", "Provisioned product not found.".to_owned()))?;
            (made, Arc::clone(&account.backing))
        };
        let (request, attempt) = token.rsplit_once('-').unwrap();
        let request = RequestId::parse(request).unwrap();
        let record = match backing.terminate(request, attempt.parse().unwrap()).await {
            Ok(record) => record,
            Err(ProvisionError::Refused(why)) => return Err(("InvalidParametersException", why)),
            Err(ProvisionError::Other(why)) => {
                return Err((
                    "ResourceInUseException",
                    format!("The provisioned product is under change: {why}"),
                ));
            }
        };
        let Some(record) = record else {
            self.account.lock().unwrap().made.remove(&name);
            return Err(("ResourceNotFoundException", "Provisioned product not found.".to_owned()));
        };
        let mut account = self.account.lock().unwrap();
        if let Some(made) = account.made.get_mut(&name) {
            made.removal = Some((token, record.to_string()));
        }
        Ok(json!({"RecordDetail": begun(&made, record.as_str())}))
    }

    fn search(&self, asked: &Value) -> Value {
        let account = self.account.lock().unwrap();
        let from: usize = asked["PageToken"].as_str().map_or(0, |token| token.parse().unwrap());
        let sees_all = asked["AccessLevelFilter"]["Key"] == "Account";
        let name = asked["Filters"]["SearchQuery"][0].as_str().and_then(|query| query.strip_prefix("name:"));
        let seen: Vec<&Made> = account
            .made
            .values()
            .filter(|_| sees_all || !account.role_is_new)
            .filter(|made| name.is_none_or(|name| made.name.contains(name)))
            .collect();
        let page: Vec<Value> = seen.iter().skip(from).take(PAGE).map(|made| made.told_with_tags()).collect();
        let next = (from + PAGE < seen.len()).then(|| (from + PAGE).to_string());
        json!({"ProvisionedProducts": page, "TotalResultsCount": seen.len(), "NextPageToken": next})
    }
}

fn begun(made: &Made, record: &str) -> Value {
    json!({
        "RecordId": record, "Status": "CREATED", "ProvisionedProductId": made.id,
        "ProvisionedProductName": made.name,
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn request_of(name: &str) -> RequestId {
    RequestId::parse(name.strip_prefix("portal-").unwrap()).unwrap()
}

fn pairs(list: &Value) -> Vec<(String, String)> {
    let pair = |pair: &Value| (text(&pair["Key"]), text(&pair["Value"]));
    list.as_array().map(|list| list.iter().map(pair).collect()).unwrap_or_default()
}
