//! What stands in the way of a template is told with file, line, column,
//! property and the next step.

use serverless_template::{Options, compile};

/// How most cases begin, so that their own first line is line 6.
const PROVIDER: &str = "service: demo
provider:
  name: aws
  runtime: provided.al2023
  versionFunctions: false
";

fn error_of(text: &str) -> String {
    let root = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let write = |name: &str, text: &str| {
        std::fs::write(root.path().join(name), text).unwrap_or_else(|error| panic!("{error}"));
    };
    write("serverless.yml", text);
    write("code.js", "");
    let options = Options {
        root: root.path().to_owned(),
        env: [("STUDENT_NAME".to_owned(), "Alice".to_owned())].into(),
        ..Options::default()
    };
    match compile(&options) {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_whole_file() {
    let cases = [
        // bad YAML
        (
            "service: demo\nprovider: [aws\nfunctions: x",
            "serverless.yml:3:10: not valid YAML: illegal placement of ':' indicator. Correct the syntax",
        ),
        // a tab
        (
            "service: demo\nprovider:\n\tname: aws",
            "serverless.yml:3:2: not valid YAML: tabs disallowed within this context (block indentation). Correct the syntax",
        ),
        // not a mapping
        (
            "- a\n- b",
            "serverless.yml:1:1: this is a list, not a mapping. Write a mapping",
        ),
        // no service
        (
            "provider:\n  name: aws",
            "serverless.yml:1:1: service is missing. Add service",
        ),
        // no provider
        (
            "service: demo",
            "serverless.yml:1:1: provider is missing. Add provider",
        ),
        // a service that is no name
        (
            "service: 1demo\nprovider: {name: aws}",
            "serverless.yml:1:10: service: the service name \"1demo\" is not valid. Use a letter, then letters, digits and hyphens, at least two characters in all",
        ),
        // another provider
        (
            "service: demo\nprovider:\n  name: google",
            "serverless.yml:3:9: provider.name: this is \"google\", not aws. Write aws",
        ),
        // versions
        (
            "service: demo\nprovider:\n  name: aws\n  runtime: provided.al2023",
            "serverless.yml:3:3: provider: versionFunctions is missing, and versions of functions, its default, are not supported. Write versionFunctions: false",
        ),
        // versions asked for
        (
            "service: demo\nprovider:\n  name: aws\n  runtime: provided.al2023\n  versionFunctions: true\n",
            "serverless.yml:5:21: provider.versionFunctions: versions of functions are not supported. Write versionFunctions: false",
        ),
        // another runtime
        (
            "service: demo\nprovider:\n  name: aws\n  runtime: nodejs20.x\n  versionFunctions: false\n",
            "serverless.yml:4:12: provider.runtime: this is \"nodejs20.x\", not one of provided.al2023, provided.al2. Write one of provided.al2023, provided.al2",
        ),
        // no runtime
        (
            "service: demo\nprovider:\n  name: aws\n  versionFunctions: false\nfunctions:\n  hello:\n    handler: hello",
            "serverless.yml:7:5: functions.hello: runtime is missing. Write runtime: provided.al2023 here or under provider",
        ),
        // a long function name
        (
            "service: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nprovider:\n  name: aws\n  runtime: provided.al2023\n  versionFunctions: false\nfunctions:\n  hello:\n    handler: hello\n",
            "serverless.yml:1:10: service: the role name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-dev-us-east-1-lambdaRole has 85 characters, and AWS allows 64. Change what the name is made of: the service, the stage, an environment variable",
        ),
        // a long role name
        (
            "service: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nprovider:\n  name: aws\n  runtime: provided.al2023\n  versionFunctions: false\n",
            "serverless.yml:1:10: service: the role name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-dev-us-east-1-lambdaRole has 65 characters, and AWS allows 64. Change what the name is made of: the service, the stage, an environment variable",
        ),
        // a long stack name
        (
            "service: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nprovider:\n  name: aws\n  runtime: provided.al2023\n  versionFunctions: false\n",
            "serverless.yml:1:10: service: the stack name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-dev has 131 characters, and AWS allows 128. Change what the name is made of: the service, the stage, an environment variable",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(error_of(text), expected, "{text}");
    }
}

#[test]
fn after_the_provider() {
    let cases = [
        // an unknown tag
        (
            "custom: !Reff X",
            "serverless.yml:6:9: the tag !Reff is not known. Known are !!str and CloudFormation's !And, !Base64, !Cidr, !Condition, !Equals, !FindInMap, !GetAZs, !GetAtt, !If, !ImportValue, !Join, !Not, !Or, !Ref, !Select, !Split, !Sub, !Transform",
        ),
        // an unknown property
        (
            "function:\n  hello: {}",
            "serverless.yml:6:1: function: the property function is not supported here. Perhaps functions is meant",
        ),
        // an unknown property of the provider
        (
            "  memorysize: 128",
            "serverless.yml:6:3: provider.memorysize: the property memorysize is not supported here. Perhaps memorySize is meant",
        ),
        // what the CLI takes and this crate does not
        (
            "functions:\n  hello:\n    handler: hello\n    layers: [arn:aws:lambda:eu-west-1:123456789012:layer:a:1]",
            "serverless.yml:9:5: functions.hello.layers: AWS takes the property layers; this sandbox does not",
        ),
        // another kind of event that the CLI does not have either
        (
            "functions:\n  hello:\n    handler: hello\n    events:\n      - carrier: pigeon",
            "serverless.yml:10:9: functions.hello.events.0.carrier: the property carrier is not supported here. Remove it; supported are s3",
        ),
        // an unknown property of a state machine
        (
            "plugins: [serverless-step-functions]\nstepFunctions:\n  stateMachines:\n    flow:\n      role: arn:aws:iam::123456789012:role/x\n      definition: {StartAt: A}\n      colour: red",
            "serverless.yml:12:7: stepFunctions.stateMachines.flow.colour: the property colour is not supported here. Remove it; supported are definition, dependsOn, id, inheritGlobalTags, loggingConfig, name, retain, role, tags, tracingConfig, type",
        ),
        // a destination that is no function
        (
            "functions:\n  hello:\n    handler: hello\n    destinations:\n      onFailure: other",
            "serverless.yml:8:5: functions.hello: the destination other is no function of the service. Write the key of a function, or an ARN",
        ),
        // a destination of another service
        (
            "functions:\n  hello:\n    handler: hello\n    destinations:\n      onFailure: arn:aws:s3:::b",
            "serverless.yml:10:18: functions.hello.destinations.onFailure: arn:aws:s3:::b is no destination. Write the ARN of a function, a topic, a queue or an event bus",
        ),
        // an unknown property of a function
        (
            "functions:\n  hello:\n    handler: hello\n    memory: 128",
            "serverless.yml:9:5: functions.hello.memory: the property memory is not supported here. Remove it; supported are architecture, condition, dependsOn, description, destinations, disableLogs, environment, ephemeralStorageSize, events, handler, logRetentionInDays, maximumEventAge, maximumRetryAttempts, memorySize, name, package, reservedConcurrency, role, runtime, tags, timeout, tracing, versionFunction",
        ),
        // another kind of event
        (
            "functions:\n  hello:\n    handler: hello\n    events:\n      - http: GET /",
            "serverless.yml:10:9: functions.hello.events.0.http: AWS takes the property http; this sandbox does not",
        ),
        // no handler
        (
            "functions:\n  hello:\n    timeout: 3",
            "serverless.yml:8:5: functions.hello: handler is missing. Add handler",
        ),
        // a timeout that is no number
        (
            "functions:\n  hello:\n    handler: hello\n    timeout: ten",
            "serverless.yml:9:14: functions.hello.timeout: this is \"ten\", not a whole number from 1 to 900. Write a whole number from 1 to 900",
        ),
        // a timeout that is too long
        (
            "functions:\n  hello:\n    handler: hello\n    timeout: 901",
            "serverless.yml:9:14: functions.hello.timeout: this is 901, not a whole number from 1 to 900. Write a whole number from 1 to 900",
        ),
        // memory that is a list
        (
            "functions:\n  hello:\n    handler: hello\n    memorySize: [128]",
            "serverless.yml:9:17: functions.hello.memorySize: this is a list, not a whole number from 128 to 10240. Write a whole number from 128 to 10240",
        ),
        // a retention that AWS does not know
        (
            "  logRetentionInDays: 10",
            "serverless.yml:6:23: provider.logRetentionInDays: logs cannot be kept for 10 days. Use one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 2192, 2557, 2922, 3288, 3653",
        ),
        // an environment variable that is a list
        (
            "functions:\n  hello:\n    handler: hello\n    environment:\n      A: [1]",
            "serverless.yml:10:10: functions.hello.environment.A: this is a list, not a text or a CloudFormation function. Write a text or a CloudFormation function",
        ),
        // the name of an environment variable
        (
            "functions:\n  hello:\n    handler: hello\n    environment:\n      A-B: 1",
            "serverless.yml:10:12: functions.hello.environment.A-B: A-B cannot be the name of an environment variable. Use letters, digits and underscores, with no digit first",
        ),
        // functions that are a list
        (
            "functions:\n  - hello",
            "serverless.yml:7:3: functions: this is a list, not a mapping. Write a mapping",
        ),
        // the key of a function
        (
            "functions:\n  hello world:\n    handler: x",
            "serverless.yml:7:3: functions.hello world: \"hello world\" cannot be the key of a function. Use letters, digits, hyphens and underscores",
        ),
        // a bucket name
        (
            "  s3:\n    input:\n      name: In-${env:STUDENT_NAME}",
            "serverless.yml:8:13: provider.s3.input.name: the bucket name In-Alice is not valid on AWS: it takes lower-case letters, digits, dots and hyphens, with a letter or a digit at both ends. Change what the name is made of: the service, the stage, an environment variable",
        ),
        // a long bucket name
        (
            "  s3:\n    input:\n      name: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
            "serverless.yml:8:13: provider.s3.input.name: the bucket name bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb has 64 characters, and AWS allows 63. Change what the name is made of: the service, the stage, an environment variable",
        ),
        // a bucket name in resources
        (
            "resources:\n  Resources:\n    B:\n      Type: AWS::S3::Bucket\n      Properties:\n        BucketName: -alice",
            "serverless.yml:11:21: resources.Resources.B.Properties.BucketName: the bucket name -alice is not valid on AWS: it takes lower-case letters, digits, dots and hyphens, with a letter or a digit at both ends. Change what the name is made of: the service, the stage, an environment variable",
        ),
        // a trigger on a bucket that is none
        (
            "functions:\n  hello:\n    handler: hello\n    events:\n      - s3: inputBucket",
            "serverless.yml:10:13: functions.hello.events.0.s3: inputBucket is neither a key of provider.s3 nor a valid bucket name. Declare the bucket under provider.s3",
        ),
        // an existing bucket
        (
            "functions:\n  hello:\n    handler: hello\n    events:\n      - s3:\n          bucket: input\n          existing: true",
            "serverless.yml:12:21: functions.hello.events.0.s3.existing: a trigger on an existing bucket is not supported. Declare the bucket under provider.s3",
        ),
        // a rule with two filters
        (
            "functions:\n  hello:\n    handler: hello\n    events:\n      - s3:\n          bucket: input\n          rules:\n            - {prefix: a, suffix: b}",
            "serverless.yml:13:15: functions.hello.events.0.s3.rules.0: a rule has one prefix or one suffix. Write a rule for each",
        ),
        // an event that is none
        (
            "functions:\n  hello:\n    handler: hello\n    events:\n      - s3:\n          bucket: input\n          event: ObjectCreated",
            "serverless.yml:12:18: functions.hello.events.0.s3.event: \"ObjectCreated\" is no event of S3. Write one such as s3:ObjectCreated:*",
        ),
        // a missing effect
        (
            "  iam:\n    role:\n      statements:\n        - Action: s3:*\n          Resource: '*'",
            "serverless.yml:9:11: provider.iam.role.statements.0: Effect is missing. Add Effect",
        ),
        // a wrong effect
        (
            "  iam:\n    role:\n      statements:\n        - Effect: allow\n          Action: s3:*\n          Resource: '*'",
            "serverless.yml:9:19: provider.iam.role.statements.0.Effect: this is \"allow\", not one of Allow, Deny. Write one of Allow, Deny",
        ),
        // no action
        (
            "  iam:\n    role:\n      statements:\n        - Effect: Allow\n          Resource: '*'",
            "serverless.yml:9:11: provider.iam.role.statements.0: Action is missing. Add Action",
        ),
        // a resource that is none
        (
            "  iam:\n    role:\n      statements:\n        - Effect: Allow\n          Action: s3:*\n          Resource: my bucket",
            "serverless.yml:11:21: provider.iam.role.statements.0.Resource: \"my bucket\" is not a resource of a policy. Write an ARN, *, or a CloudFormation function such as !Ref",
        ),
        // a statement with a typing error
        (
            "  iam:\n    role:\n      statements:\n        - Effect: Allow\n          Actions: s3:*\n          Resource: '*'",
            "serverless.yml:10:11: provider.iam.role.statements.0.Actions: the property Actions is not supported here. Perhaps Action is meant",
        ),
        // no role of a state machine
        (
            "stepFunctions:\n  stateMachines:\n    flow:\n      definition: {}",
            "serverless.yml:9:7: stepFunctions.stateMachines.flow: role is missing, and a role made by the plugin is not supported. Declare a role under resources and name it: role: !GetAtt [TheRole, Arn]",
        ),
        // a property of a state machine that the plugin takes and this crate does not
        (
            "plugins: [serverless-step-functions]\nstepFunctions:\n  stateMachines:\n    flow:\n      role: arn:aws:iam::123456789012:role/x\n      definition: {StartAt: A}\n      events: []",
            "serverless.yml:12:7: stepFunctions.stateMachines.flow.events: AWS takes the property events; this sandbox does not",
        ),
        // a definition that is a text
        (
            "plugins: [serverless-step-functions]\nstepFunctions:\n  stateMachines:\n    flow:\n      role: arn:aws:iam::123456789012:role/x\n      definition: text\n",
            "serverless.yml:11:19: stepFunctions.stateMachines.flow.definition: this is \"text\", not a mapping. Write a mapping",
        ),
        // a type of state machine
        (
            "plugins: [serverless-step-functions]\nstepFunctions:\n  stateMachines:\n    flow:\n      role: arn:aws:iam::123456789012:role/x\n      definition: {StartAt: A}\n      type: FAST",
            "serverless.yml:12:13: stepFunctions.stateMachines.flow.type: this is \"FAST\", not one of STANDARD, EXPRESS. Write one of STANDARD, EXPRESS",
        ),
        // a long state machine name
        (
            "plugins: [serverless-step-functions]\nstepFunctions:\n  stateMachines:\n    flow:\n      role: arn:aws:iam::123456789012:role/x\n      definition: {StartAt: A}\n      name: mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm",
            "serverless.yml:12:13: stepFunctions.stateMachines.flow.name: the state machine name mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm has 81 characters, and AWS allows 80. Change what the name is made of: the service, the stage, an environment variable",
        ),
        // no plugin for state machines
        (
            "stepFunctions:\n  stateMachines:\n    flow:\n      role: arn:aws:iam::123456789012:role/x\n      definition: {StartAt: A}\n",
            "serverless.yml:9:7: stepFunctions.stateMachines.flow: state machines need the plugin serverless-step-functions. Add it to plugins",
        ),
        // another plugin
        (
            "plugins:\n  - serverless-offline",
            "serverless.yml:7:5: plugins.0: the plugin serverless-offline is not supported: it could change the template. Remove it; supported are serverless-step-functions and plugins of this project, by a path that begins with ./",
        ),
        // a resource without a type
        (
            "resources:\n  Resources:\n    A:\n      Properties: {}",
            "serverless.yml:9:7: resources.Resources.A: Type is missing. Add Type",
        ),
        // a resource with a typing error
        (
            "resources:\n  Resources:\n    A:\n      Type: AWS::SNS::Topic\n      Propertys: {}",
            "serverless.yml:10:7: resources.Resources.A.Propertys: the property Propertys is not supported here. Perhaps Properties is meant",
        ),
        // a logical id
        (
            "resources:\n  Resources:\n    my-topic:\n      Type: AWS::SNS::Topic",
            "serverless.yml:9:7: resources.Resources.my-topic: \"my-topic\" cannot be a logical id. Use letters and digits only",
        ),
        // an unset environment variable
        (
            "custom:\n  a: ${env:NOBODY}",
            "serverless.yml:7:6: custom.a: the environment variable NOBODY is not set. Set NOBODY",
        ),
        // an option that is not given
        (
            "custom:\n  a: ${opt:name}",
            "serverless.yml:7:6: custom.a: the option --name is not given. Give it, or write a fallback into the variable",
        ),
        // a self that leads nowhere
        (
            "custom:\n  a: ${self:custom.b.c}",
            "serverless.yml:7:6: custom.a: custom.b.c has no value. Give it one, or write a fallback into the variable",
        ),
        // a circle
        (
            "custom:\n  a: ${self:custom.b}\n  b: ${self:custom.a}",
            "serverless.yml:7:6: custom.a: ${self:custom.b} leads back to itself. Break the circle of variables",
        ),
        // a circle of a mapping
        (
            "custom:\n  a:\n    b: ${self:custom}",
            "serverless.yml:8:8: custom.a.b: ${self:custom} leads back to itself. Break the circle of variables",
        ),
        // a missing include
        (
            "functions: ${file(none.yml)}",
            "serverless.yml:6:12: functions: none.yml does not exist or is empty. Write the file, or correct the path",
        ),
        // a missing key of an include
        (
            "custom:\n  a: ${file(serverless.yml):none}",
            "serverless.yml:7:6: custom.a: serverless.yml does not exist or has no none. Write the file, or correct the path and the key",
        ),
        // an include from outside
        (
            "custom:\n  a: ${file(../x.yml)}",
            "serverless.yml:7:6: custom.a: ../x.yml is outside of the directory of serverless.yml. Move the file there and name it by a relative path",
        ),
        // an include that is code
        (
            "custom:\n  a: ${file(code.js)}",
            "serverless.yml:7:6: custom.a: code.js would have to be run to be included. Include a .yml, .json or text file",
        ),
        // a mapping in a text
        (
            "custom:\n  a: x-${self:provider}",
            "serverless.yml:7:6: custom.a: a variable within a text has no text as its value. Use the variable alone, or point it at a text",
        ),
        // an unknown source
        (
            "custom:\n  a: ${ssm:/x}",
            "serverless.yml:7:6: custom.a: the source ssm is not supported in this form. Supported are ${self:path}, ${env:NAME}, ${opt:name}, ${file(path):key}, ${sls:stage} and ${aws:region}",
        ),
        // the account
        (
            "custom:\n  a: ${aws:accountId}",
            "serverless.yml:7:6: custom.a: the account is not known before the deployment. Use !Sub with ${AWS::AccountId}",
        ),
        // a variable without an end
        (
            "custom:\n  a: ${self:custom",
            "serverless.yml:7:6: custom.a: ${self:custom: a variable has no closing bracket. Correct the variable",
        ),
        // a stage
        (
            "  stage: dev_1",
            "serverless.yml:6:10: provider.stage: \"dev_1\" is not valid as a stage. Use letters, digits and hyphens",
        ),
        // a region
        (
            "  region: mars",
            "serverless.yml:6:11: provider.region: \"mars\" is no region of AWS. Write one such as eu-west-1",
        ),
        // GetAtt in a definition
        (
            "plugins: [serverless-step-functions]\nstepFunctions:\n  stateMachines:\n    flow:\n      role: arn:aws:iam::123456789012:role/x\n      definition: {X: {Fn::GetAtt: A}}\n",
            "serverless.yml:11:23: Fn::GetAtt takes a list of two texts. Write !GetAtt [TheResource, Arn]",
        ),
    ];
    for (text, expected) in cases {
        let text = format!("{PROVIDER}{text}");
        assert_eq!(error_of(&text), expected, "{text}");
    }
}

#[test]
fn a_variable_that_may_stand_in_dotenv() {
    assert_eq!(
        error_of("useDotenv: true\nservice: demo-${env:NOBODY}"),
        "serverless.yml:2:10: service: the environment variable NOBODY is not set. \
         Set NOBODY, or write it into the file .env"
    );
}

#[test]
fn no_serverless_yml() {
    let root = tempfile::tempdir().unwrap();
    let options = Options {
        root: root.path().join("nothing"),
        ..Options::default()
    };
    assert_eq!(
        compile(&options).unwrap_err().to_string(),
        "serverless.yml: there is no such file. Run this in the directory of the workshop"
    );
}
