//! The types of resources that AWS has and the sandbox has not: they are no mistakes of a
//! template ("AWS resource and property types reference").

/// All types of the services that the sandbox has a part of, and of those that stand beside
/// them in most stacks: a misspelt one is known as such.
const TYPES: [(&str, &[&str]); 15] = [
    (
        "ApiGatewayV2",
        &[
            "Api",
            "ApiGatewayManagedOverrides",
            "ApiMapping",
            "Authorizer",
            "Deployment",
            "DomainName",
            "Integration",
            "IntegrationResponse",
            "Model",
            "Route",
            "RouteResponse",
            "RoutingRule",
            "Stage",
            "VpcLink",
        ],
    ),
    (
        "CloudFormation",
        &[
            "CustomResource",
            "GuardHook",
            "HookDefaultVersion",
            "HookTypeConfig",
            "HookVersion",
            "LambdaHook",
            "Macro",
            "ModuleDefaultVersion",
            "ModuleVersion",
            "PublicTypeVersion",
            "Publisher",
            "ResourceDefaultVersion",
            "ResourceVersion",
            "Stack",
            "StackSet",
            "TypeActivation",
            "WaitCondition",
            "WaitConditionHandle",
        ],
    ),
    (
        "CloudWatch",
        &[
            "Alarm",
            "AnomalyDetector",
            "CompositeAlarm",
            "Dashboard",
            "InsightRule",
            "MetricStream",
        ],
    ),
    ("DynamoDB", &["GlobalTable", "Table"]),
    (
        "Events",
        &[
            "ApiDestination",
            "Archive",
            "Connection",
            "Endpoint",
            "EventBus",
            "EventBusPolicy",
            "Rule",
        ],
    ),
    (
        "IAM",
        &[
            "AccessKey",
            "Group",
            "GroupPolicy",
            "InstanceProfile",
            "OIDCProvider",
            "RolePolicy",
            "SAMLProvider",
            "ServerCertificate",
            "ServiceLinkedRole",
            "User",
            "UserPolicy",
            "UserToGroupAddition",
            "VirtualMFADevice",
        ],
    ),
    (
        "Lambda",
        &[
            "Alias",
            "CapacityProvider",
            "CodeSigningConfig",
            "EventSourceMapping",
            "LayerVersion",
            "LayerVersionPermission",
            "Url",
        ],
    ),
    (
        "Logs",
        &[
            "AccountPolicy",
            "Delivery",
            "DeliveryDestination",
            "DeliverySource",
            "Destination",
            "Integration",
            "LogAnomalyDetector",
            "LogStream",
            "MetricFilter",
            "QueryDefinition",
            "ResourcePolicy",
            "ScheduledQuery",
            "SubscriptionFilter",
            "Transformer",
        ],
    ),
    (
        "S3",
        &[
            "AccessGrant",
            "AccessGrantsInstance",
            "AccessGrantsLocation",
            "AccessPoint",
            "MultiRegionAccessPoint",
            "MultiRegionAccessPointPolicy",
            "StorageLens",
            "StorageLensGroup",
        ],
    ),
    ("SNS", &["TopicInlinePolicy", "TopicPolicy"]),
    ("SQS", &["QueueInlinePolicy"]),
    ("Scheduler", &["Schedule", "ScheduleGroup"]),
    (
        "SecretsManager",
        &[
            "ResourcePolicy",
            "RotationSchedule",
            "Secret",
            "SecretTargetAttachment",
        ],
    ),
    (
        "StepFunctions",
        &["Activity", "StateMachineAlias", "StateMachineVersion"],
    ),
    (
        "XRay",
        &[
            "Group",
            "ResourcePolicy",
            "SamplingRule",
            "TransactionSearchConfig",
        ],
    ),
];

/// Other services that have types of their own.
const SERVICES: &str = "ACMPCA APS AccessAnalyzer AmazonMQ Amplify AmplifyUIBuilder ApiGateway \
     AppConfig AppFlow AppIntegrations AppMesh AppRunner AppStream AppSync \
     ApplicationAutoScaling ApplicationInsights ApplicationSignals Athena AuditManager \
     AutoScaling AutoScalingPlans B2BI BCMDataExports Backup BackupGateway Batch Bedrock \
     BedrockAgentCore BillingConductor Budgets CE CUR Cassandra CertificateManager Chatbot \
     CleanRooms CleanRoomsML Cloud9 CloudFront CloudTrail CodeArtifact CodeBuild CodeCommit \
     CodeConnections CodeDeploy CodeGuruProfiler CodeGuruReviewer CodePipeline CodeStar \
     CodeStarConnections CodeStarNotifications Cognito Comprehend Config Connect \
     ConnectCampaigns ControlTower CustomerProfiles DAX DLM DMS DSQL DataBrew DataPipeline \
     DataSync DataZone Deadline Detective DevOpsGuru DirectoryService DocDB DocDBElastic EC2 \
     ECR ECS EFS EKS EMR EMRContainers EMRServerless ElastiCache ElasticBeanstalk \
     ElasticLoadBalancing ElasticLoadBalancingV2 Elasticsearch EntityResolution EventSchemas \
     Evidently FIS FMS FSx FinSpace Forecast FraudDetector GameLift GlobalAccelerator Glue \
     Grafana Greengrass GreengrassV2 GroundStation GuardDuty HealthImaging HealthLake IVS \
     IVSChat IdentityStore ImageBuilder Inspector InspectorV2 InternetMonitor Invoicing IoT \
     IoTAnalytics IoTEvents IoTFleetWise IoTSiteWise IoTTwinMaker IoTWireless KMS KafkaConnect \
     Kendra KendraRanking Kinesis KinesisAnalytics KinesisAnalyticsV2 KinesisFirehose \
     KinesisVideo LakeFormation LaunchWizard Lex LicenseManager Lightsail Location M2 MSK MWAA \
     Macie ManagedBlockchain MediaConnect MediaConvert MediaLive MediaPackage MediaPackageV2 \
     MediaStore MediaTailor MemoryDB Neptune NeptuneGraph NetworkFirewall NetworkManager \
     Notifications NotificationsContacts OSIS Oam ObservabilityAdmin Omics \
     OpenSearchServerless OpenSearchService Organizations PCAConnectorAD PCS Panorama \
     PaymentCryptography Personalize Pinpoint PinpointEmail Pipes Proton QBusiness QuickSight \
     RAM RDS RUM Rbin Redshift RedshiftServerless RefactorSpaces Rekognition ResilienceHub \
     ResourceExplorer2 ResourceGroups RolesAnywhere Route53 Route53Profiles \
     Route53RecoveryControl Route53RecoveryReadiness Route53Resolver S3Express \
     S3ObjectLambda S3Outposts S3Tables S3Vectors SDB SES SMSVOICE SSM SSMContacts \
     SSMIncidents SSMQuickSetup SSO SageMaker SecurityHub SecurityLake Serverless \
     ServiceCatalog ServiceCatalogAppRegistry ServiceDiscovery Shield Signer SupportApp \
     Synthetics SystemsManagerSAP Timestream Transfer VerifiedPermissions VoiceID VpcLattice \
     WAF WAFRegional WAFv2 Wisdom WorkSpaces WorkSpacesThinClient WorkSpacesWeb";

/// Whether AWS has a type of this name, as far as is known here: of other services than
/// those above, every name that a type can have counts.
pub fn is_of_aws(resource_type: &str) -> bool {
    let parts: Vec<&str> = resource_type.split("::").collect();
    if let ["Custom", name] = parts.as_slice() {
        return !name.is_empty();
    }
    let ["AWS", service, name] = parts.as_slice() else {
        return false;
    };
    if let Some((_, types)) = TYPES.iter().find(|(it, _)| it == service) {
        return types.contains(name);
    }
    let is_name = name.starts_with(|it: char| it.is_ascii_uppercase())
        && name.bytes().all(|it| it.is_ascii_alphanumeric());
    is_name && SERVICES.split_whitespace().any(|it| it == *service)
}

#[cfg(test)]
mod tests {
    use super::super::resource::kind_of;
    use super::*;

    #[test]
    fn types() {
        for known in [
            "AWS::DynamoDB::Table",
            "AWS::EC2::VPC",
            "AWS::SNS::TopicPolicy",
            "AWS::CloudFormation::CustomResource",
            "Custom::Thing",
        ] {
            assert!(is_of_aws(known), "{known}");
        }
        for unknown in [
            "AWS::S3::Buckets",
            "AWS::DynamoDB::Tabel",
            "AWS::Nothing::Table",
            "AWS::EC2::vpc",
            "AWS::EC2",
            "EC2::VPC",
            "Custom::",
            "",
        ] {
            assert!(!is_of_aws(unknown), "{unknown}");
        }
    }

    #[test]
    fn no_type_is_both_there_and_not() {
        for (service, types) in TYPES {
            for name in types {
                let resource_type = format!("AWS::{service}::{name}");
                assert!(kind_of(&resource_type).is_none(), "{resource_type}");
            }
        }
    }
}
