//! What AWS's service models say of the operations that the program calls: shapes, limits, patterns, words, errors. Each
//! request that a test sees is held to them, and each answer that stands in for one of AWS. A file for each service, written
//! by `models.py`, which names its source; the gate compares the two. `shape` compares a value with a shape, `documented` has
//! what only AWS's pages say, `heed` fails the test to whose call there was a wrong answer.

mod documented;
mod heed;
mod shape;

use std::sync::LazyLock;

use serde_json::{Map, Value};

pub(crate) use heed::{broken, heeding, is_broken};

static SERVICES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let texts = [
        include_str!("ce.json"),
        include_str!("cloudcontrol.json"),
        include_str!("dynamodb.json"),
        include_str!("servicecatalog.json"),
        include_str!("sns.json"),
        include_str!("sqs.json"),
        include_str!("stepfunctions.json"),
    ];
    texts.map(|text| serde_json::from_str(text).unwrap()).into()
});

/// Errors that every operation can have, with the status of each, which most models leave out.
/// Source: "errors common to the API actions of all AWS services", <https://docs.aws.amazon.com/mgn/latest/APIReference/CommonErrors.html>
/// and the pages of that name of other services; and, where it has another status or name, DynamoDB's
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>. (2026-11-29)
const OF_EVERY_OPERATION: [(&str, &[u16]); 20] = [
    ("AccessDeniedException", &[400, 403]),
    ("ExpiredTokenException", &[400, 403]),
    ("IncompleteSignature", &[403]),
    ("IncompleteSignatureException", &[400]),
    ("InternalFailure", &[500]),
    ("MalformedHttpRequestException", &[400]),
    ("MissingAuthenticationTokenException", &[400]),
    ("NotAuthorized", &[401]),
    ("OptInRequired", &[403]),
    ("RequestAbortedException", &[400]),
    ("RequestEntityTooLargeException", &[413]),
    ("RequestExpired", &[400]),
    ("RequestTimeoutException", &[408]),
    ("ServiceUnavailable", &[503]),
    ("ServiceUnavailableException", &[503]),
    ("ThrottlingException", &[400]),
    ("UnknownOperationException", &[404]),
    ("UnrecognizedClientException", &[400, 403]),
    ("ValidationError", &[400]),
    ("ValidationException", &[400]),
];

/// Service Catalog's model has it, "currently in use", for removing what is published; of provisioning it lists only
/// `InvalidParametersException` and `ResourceNotFoundException`. What is answered while a provisioned product is under change
/// is in no model, on no page of AWS's and in no public report that could be found (2026-11-29). The stand-in takes this one
/// as the nearest; the program knows neither, and tries again after whatever it does not know.
const WHILE_UNDER_CHANGE: (&str, [&str; 2]) =
    ("ResourceInUseException", ["TerminateProvisionedProduct", "UpdateProvisionedProduct"]);

/// An operation of a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    service: &'static Value,
    name: &'static str,
}

impl Operation {
    /// The operation of this `x-amz-target`, such as `DynamoDB_20120810.PutItem`.
    pub(crate) fn of_target(target: &str) -> Result<Self, String> {
        let (service, name) = target.split_once('.').unwrap_or_default();
        Self::find(|known| known["target"] == service, name)
    }

    /// The operation that a form asks for, and the form as a request in JSON.
    pub(crate) fn of_form(form: &[u8]) -> Result<(Self, Value), String> {
        let mut request = Value::default();
        for (name, value) in form_urlencoded::parse(form) {
            *name.split('.').fold(&mut request, |place, part| &mut place[part]) = value.into();
        }
        let mut taken = |name: &str| request.as_object_mut().and_then(|fields| fields.remove(name));
        let (version, name) = (taken("Version"), taken("Action"));
        let name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
        let operation = Self::find(
            |known| known["target"].is_null() && Some(&known["version"]) == version.as_ref(),
            name,
        )?;
        shape::unfold_maps(&mut request);
        Ok((operation, request))
    }

    fn find(is_it: impl Fn(&Value) -> bool, name: &str) -> Result<Self, String> {
        let service = SERVICES.iter().find(|known| is_it(known));
        let found = service.and_then(|service| Some((service, service["operations"].as_object()?)));
        let found = found.and_then(|(service, all)| Some((service, all.get_key_value(name)?)));
        let (service, (name, _)) =
            found.ok_or_else(|| format!("there is no model of {name}: add it to tests/model/models.py"))?;
        Ok(Self { service, name })
    }

    /// What is wrong with a request; nothing where the service takes it.
    pub(crate) fn mistakes_of_request(self, request: &Value) -> Vec<String> {
        let mut wrong = self.compared("input", request);
        documented::compare(self.name, request, &mut wrong);
        wrong
    }

    /// Why the service could not answer so; nothing where it could.
    pub(crate) fn mistakes_of_answer(self, status: u16, answer: &Value) -> Vec<String> {
        if status == 200 { self.compared("output", answer) } else { self.mistakes_of_refusal(status, answer) }
    }

    fn mistakes_of_refusal(self, status: u16, refusal: &Value) -> Vec<String> {
        let kind = refusal["__type"].as_str().and_then(|kind| kind.rsplit('#').next()).unwrap_or_default();
        let of_model = self.model()["errors"].get(kind);
        let shape = of_model.map_or("Nothing", |error| error["shape"].as_str().unwrap());
        let of_all =
            OF_EVERY_OPERATION.iter().find(|(known, _)| *known == kind).map(|(_, statuses)| *statuses);
        let (in_use, by) = WHILE_UNDER_CHANGE;
        let of_all = of_all.or((kind == in_use && by.contains(&self.name)).then_some(&[400][..]));
        let of_model = of_model.and_then(|error| Some(vec![u16::try_from(error["status"].as_u64()?).ok()?]));
        let Some(expected) = of_model.or(of_all.map(<[u16]>::to_vec)) else {
            return vec![format!("{} has no error `{kind}`", self.name)];
        };
        let mut wrong = Vec::new();
        if !expected.contains(&status) {
            let expected: Vec<String> = expected.iter().map(u16::to_string).collect();
            wrong.push(format!("{kind} comes with the status {}, not {status}", expected.join(" or ")));
        }
        let told = refusal.as_object().cloned().unwrap_or_default();
        // The message is written in both ways, and read in both.
        let told =
            told.into_iter().filter(|(name, _)| !["__type", "message", "Message"].contains(&name.as_str()));
        shape::compare(self.service, shape, &Value::from(told.collect::<Map<_, _>>()), kind, &mut wrong);
        wrong
    }

    fn compared(self, side: &str, value: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        shape::compare(self.service, self.model()[side].as_str().unwrap(), value, self.name, &mut wrong);
        wrong
    }

    fn model(self) -> &'static Value {
        &self.service["operations"][self.name]
    }
}
