<?xml version="1.0" encoding="UTF-8"?>
<!-- What a DOI agency is told of an item: DataCite kernel 4.6 from DSpace Intermediate Metadata (DIM).

     The DOI itself is not in here: it is put in when the document is sent. Beside metadata the DIM document has, for each
     file that everybody may read, the fields file.format (its media type) and file.size (in bytes). What is not complete
     enough for DataCite is refused before it is sent (docs/doi-connectors.md); what DataCite can't take is left out.
     Here is which field goes where; how its value is read is in datacite/values.xsl. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:dim="http://www.dspace.org/xmlns/dspace/dim"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns="http://datacite.org/schema/kernel-4"
    exclude-result-prefixes="dim">
  <xsl:import href="datacite/values.xsl"/>
  <xsl:output method="xml" omit-xml-declaration="yes" indent="no"/>

  <!-- CONFIGURATION: crosswalk.dissemination.DataCite.publisher, .dataManager and .hostingInstitution replace these. -->
  <!-- The publisher; where it is empty that of the item, dc.publisher. -->
  <xsl:param name="publisher"></xsl:param>
  <!-- The contributors with the types DataManager and HostingInstitution. -->
  <xsl:param name="datamanager"><xsl:value-of select="$publisher"/></xsl:param>
  <xsl:param name="hostinginstitution"><xsl:value-of select="$publisher"/></xsl:param>

  <!-- Given by DSpace: the item's handle. -->
  <xsl:param name="handle"></xsl:param>
  <xsl:variable name="grant" select="'info:eu-repo/grantAgreement/'"/>

  <xsl:template match="/dim:dim">
    <xsl:variable name="dc" select="dim:field[@mdschema='dc'][normalize-space()]"/>
    <resource xsi:schemaLocation="http://datacite.org/schema/kernel-4 https://schema.datacite.org/meta/kernel-4.6/metadata.xsd">
      <xsl:call-template name="creators">
        <xsl:with-param name="names" select="$dc[(@element='contributor' and @qualifier='author') or @element='creator']"/>
      </xsl:call-template>
      <xsl:call-template name="titles">
        <xsl:with-param name="titles" select="$dc[@element='title']"/>
      </xsl:call-template>
      <xsl:call-template name="publisher">
        <xsl:with-param name="own" select="$dc[@element='publisher'][1]"/>
      </xsl:call-template>
      <xsl:call-template name="year">
        <xsl:with-param name="issued" select="$dc[@element='date' and @qualifier='issued']"/>
        <xsl:with-param name="available" select="$dc[@element='date' and @qualifier='available']"/>
      </xsl:call-template>
      <xsl:call-template name="resource-type">
        <xsl:with-param name="types" select="$dc[@element='type' and not(@qualifier)]"/>
      </xsl:call-template>
      <xsl:call-template name="subjects">
        <xsl:with-param name="subjects" select="$dc[@element='subject']"/>
      </xsl:call-template>
      <xsl:call-template name="contributors">
        <xsl:with-param name="names" select="$dc[@element='contributor'][not(@qualifier='author' or @qualifier='affiliation')]"/>
      </xsl:call-template>
      <xsl:call-template name="dates">
        <xsl:with-param name="dates" select="$dc[@element='date' and @qualifier]"/>
        <xsl:with-param name="covered" select="$dc[@element='coverage' and @qualifier='temporal']"/>
      </xsl:call-template>
      <xsl:call-template name="language">
        <xsl:with-param name="languages" select="$dc[@element='language']"/>
      </xsl:call-template>
      <xsl:call-template name="alternate-identifiers">
        <xsl:with-param name="identifiers" select="$dc[@element='identifier'][@qualifier]"/>
      </xsl:call-template>
      <xsl:call-template name="related-identifiers">
        <xsl:with-param name="relations" select="$dc[@element='relation' and @qualifier]"/>
        <xsl:with-param name="identifiers" select="$dc[@element='identifier']"/>
        <xsl:with-param name="sources" select="$dc[@element='source' and @qualifier='uri']"/>
      </xsl:call-template>
      <xsl:call-template name="sizes-and-formats">
        <xsl:with-param name="told" select="$dc[@element='format']"/>
        <xsl:with-param name="files" select="dim:field[@mdschema='file']"/>
      </xsl:call-template>
      <xsl:for-each select="$dc[@element='description' and @qualifier='version'][1]">
        <version><xsl:value-of select="normalize-space()"/></version>
      </xsl:for-each>
      <xsl:call-template name="rights">
        <xsl:with-param name="rights" select="$dc[@element='rights']"/>
      </xsl:call-template>
      <xsl:call-template name="descriptions">
        <xsl:with-param name="descriptions" select="$dc[@element='description']"/>
        <xsl:with-param name="series" select="$dc[@element='relation' and @qualifier='ispartofseries']"/>
      </xsl:call-template>
      <xsl:call-template name="places">
        <xsl:with-param name="places" select="$dc[@element='coverage' and @qualifier='spatial']"/>
      </xsl:call-template>
      <xsl:call-template name="funding">
        <xsl:with-param name="sponsors" select="$dc[@element='description' and @qualifier='sponsorship']"/>
        <xsl:with-param name="grants" select="$dc[@element='relation'][starts-with(normalize-space(), $grant)]"/>
      </xsl:call-template>
    </resource>
  </xsl:template>

  <!-- Authors. Fields that hold one affiliation for each author are theirs, in the same order. -->
  <xsl:template name="creators">
    <xsl:param name="names"/>
    <xsl:variable name="affiliations" select="/dim:dim/dim:field[@qualifier='affiliation'][
      (@mdschema='dc' and @element='contributor') or (@mdschema='oairecerif' and @element='author')]"/>
    <xsl:if test="$names">
      <creators>
        <xsl:for-each select="$names">
          <xsl:variable name="place" select="position()"/>
          <creator>
            <creatorName>
              <xsl:call-template name="name"/>
            </creatorName>
            <xsl:call-template name="person"/>
            <xsl:if test="count($affiliations) = count($names)">
              <xsl:variable name="affiliation" select="normalize-space($affiliations[$place])"/>
              <xsl:if test="$affiliation and not(starts-with($affiliation, '#PLACEHOLDER'))">
                <affiliation><xsl:value-of select="$affiliation"/></affiliation>
              </xsl:if>
            </xsl:if>
          </creator>
        </xsl:for-each>
      </creators>
    </xsl:if>
  </xsl:template>

  <xsl:template name="contributors">
    <xsl:param name="names"/>
    <xsl:if test="$names or normalize-space($datamanager) or normalize-space($hostinginstitution)">
      <contributors>
        <xsl:call-template name="institution">
          <xsl:with-param name="type">DataManager</xsl:with-param>
          <xsl:with-param name="name" select="$datamanager"/>
        </xsl:call-template>
        <xsl:call-template name="institution">
          <xsl:with-param name="type">HostingInstitution</xsl:with-param>
          <xsl:with-param name="name" select="$hostinginstitution"/>
        </xsl:call-template>
        <xsl:for-each select="$names">
          <xsl:variable name="type"><xsl:call-template name="of-table"><xsl:with-param name="table" select="$contributor-types"/></xsl:call-template></xsl:variable>
          <contributor contributorType="Other">
            <xsl:if test="$type != ''"><xsl:attribute name="contributorType"><xsl:value-of select="$type"/></xsl:attribute></xsl:if>
            <contributorName>
              <xsl:call-template name="name"/>
            </contributorName>
            <xsl:call-template name="person"/>
          </contributor>
        </xsl:for-each>
      </contributors>
    </xsl:if>
  </xsl:template>

  <xsl:template name="titles">
    <xsl:param name="titles"/>
    <xsl:if test="$titles">
      <titles>
        <!-- The title proper comes first. -->
        <xsl:for-each select="$titles[not(@qualifier)]">
          <title><xsl:call-template name="xml-lang"/><xsl:value-of select="normalize-space()"/></title>
        </xsl:for-each>
        <xsl:for-each select="$titles[@qualifier]">
          <xsl:variable name="type"><xsl:call-template name="of-table"><xsl:with-param name="table" select="$title-types"/></xsl:call-template></xsl:variable>
          <title titleType="Other">
            <xsl:if test="$type != ''"><xsl:attribute name="titleType"><xsl:value-of select="$type"/></xsl:attribute></xsl:if>
            <xsl:call-template name="xml-lang"/>
            <xsl:value-of select="normalize-space()"/>
          </title>
        </xsl:for-each>
      </titles>
    </xsl:if>
  </xsl:template>

  <xsl:template name="publisher">
    <xsl:param name="own"/>
    <xsl:choose>
      <xsl:when test="normalize-space($publisher)">
        <publisher><xsl:value-of select="normalize-space($publisher)"/></publisher>
      </xsl:when>
      <xsl:when test="$own">
        <publisher><xsl:value-of select="normalize-space($own)"/></publisher>
      </xsl:when>
    </xsl:choose>
  </xsl:template>

  <!-- The first type that DataCite has a word for, else the first as Other. -->
  <xsl:template name="resource-type">
    <xsl:param name="types"/>
    <xsl:variable name="known">
      <xsl:for-each select="$types">
        <xsl:variable name="general"><xsl:call-template name="general-type"/></xsl:variable>
        <xsl:if test="$general != ''"><xsl:value-of select="concat(position(), '>', $general, '|')"/></xsl:if>
      </xsl:for-each>
    </xsl:variable>
    <xsl:variable name="place" select="number(substring-before(concat($known, '1>'), '>'))"/>
    <xsl:if test="$types">
      <resourceType resourceTypeGeneral="Other">
        <xsl:if test="$known != ''">
          <xsl:attribute name="resourceTypeGeneral"><xsl:value-of select="substring-before(substring-after($known, '>'), '|')"/></xsl:attribute>
        </xsl:if>
        <xsl:value-of select="normalize-space($types[$place])"/>
      </resourceType>
    </xsl:if>
  </xsl:template>

  <xsl:template name="subjects">
    <xsl:param name="subjects"/>
    <xsl:if test="$subjects">
      <subjects>
        <xsl:for-each select="$subjects">
          <xsl:variable name="scheme"><xsl:call-template name="of-table"><xsl:with-param name="table" select="$subject-schemes"/></xsl:call-template></xsl:variable>
          <subject>
            <xsl:if test="$scheme != ''"><xsl:attribute name="subjectScheme"><xsl:value-of select="$scheme"/></xsl:attribute></xsl:if>
            <xsl:call-template name="xml-lang"/>
            <xsl:value-of select="normalize-space()"/>
          </subject>
        </xsl:for-each>
      </subjects>
    </xsl:if>
  </xsl:template>

  <!-- Dates of ISO 8601 and ranges of them; words are no dates to DataCite. -->
  <xsl:template name="dates">
    <xsl:param name="dates"/>
    <xsl:param name="covered"/>
    <xsl:variable name="found">
      <xsl:for-each select="$dates | $covered"><xsl:call-template name="date"/></xsl:for-each>
    </xsl:variable>
    <xsl:if test="string($found) != ''">
      <dates><xsl:copy-of select="$found"/></dates>
    </xsl:if>
  </xsl:template>

  <!-- The handle, and other names of the very same thing. -->
  <xsl:template name="alternate-identifiers">
    <xsl:param name="identifiers"/>
    <xsl:variable name="others">
      <xsl:for-each select="$identifiers">
        <xsl:variable name="value" select="normalize-space()"/>
        <xsl:variable name="type"><xsl:call-template name="of-table"><xsl:with-param name="table" select="$identifier-types"/></xsl:call-template></xsl:variable>
        <xsl:variable name="kind"><xsl:call-template name="kind"/></xsl:variable>
        <xsl:choose>
          <xsl:when test="starts-with($kind, 'DOI')"/>
          <xsl:when test="@qualifier='uri' and $handle and (contains(concat($value, '|'), concat('/', $handle, '|')) or $value = concat('hdl:', $handle))"/>
          <xsl:when test="@qualifier='uri' and $kind != ''">
            <alternateIdentifier alternateIdentifierType="{substring-before($kind, ' ')}"><xsl:value-of select="substring-after($kind, ' ')"/></alternateIdentifier>
          </xsl:when>
          <xsl:when test="$type != ''">
            <alternateIdentifier alternateIdentifierType="{$type}"><xsl:value-of select="$value"/></alternateIdentifier>
          </xsl:when>
          <xsl:when test="@qualifier='other'">
            <alternateIdentifier alternateIdentifierType="Other"><xsl:value-of select="$value"/></alternateIdentifier>
          </xsl:when>
        </xsl:choose>
      </xsl:for-each>
    </xsl:variable>
    <xsl:if test="$handle or string($others) != ''">
      <alternateIdentifiers>
        <xsl:if test="$handle"><alternateIdentifier alternateIdentifierType="Handle"><xsl:value-of select="$handle"/></alternateIdentifier></xsl:if>
        <xsl:copy-of select="$others"/>
      </alternateIdentifiers>
    </xsl:if>
  </xsl:template>

  <!-- What the item is related to, as far as that has an identifier: its relations, a DOI that somebody else gave it,
       the journal or series (ISSN) that it is part of, what it was made from. -->
  <xsl:template name="related-identifiers">
    <xsl:param name="relations"/>
    <xsl:param name="identifiers"/>
    <xsl:param name="sources"/>
    <xsl:variable name="found">
      <xsl:for-each select="$relations">
        <xsl:variable name="type"><xsl:call-template name="of-table"><xsl:with-param name="table" select="$relation-types"/></xsl:call-template></xsl:variable>
        <xsl:if test="$type != ''"><xsl:call-template name="related"><xsl:with-param name="relation" select="$type"/></xsl:call-template></xsl:if>
      </xsl:for-each>
      <xsl:for-each select="$identifiers">
        <xsl:variable name="kind"><xsl:call-template name="kind"/></xsl:variable>
        <xsl:if test="starts-with($kind, 'DOI ')">
          <xsl:call-template name="related"><xsl:with-param name="relation">IsVariantFormOf</xsl:with-param></xsl:call-template>
        </xsl:if>
        <xsl:if test="@qualifier='issn'">
          <relatedIdentifier relatedIdentifierType="ISSN" relationType="IsPartOf"><xsl:value-of select="normalize-space()"/></relatedIdentifier>
        </xsl:if>
      </xsl:for-each>
      <xsl:for-each select="$sources">
        <xsl:call-template name="related"><xsl:with-param name="relation">IsDerivedFrom</xsl:with-param></xsl:call-template>
      </xsl:for-each>
    </xsl:variable>
    <xsl:if test="string($found) != ''">
      <relatedIdentifiers><xsl:copy-of select="$found"/></relatedIdentifiers>
    </xsl:if>
  </xsl:template>

  <!-- What dc.format says, else what the files are. -->
  <xsl:template name="sizes-and-formats">
    <xsl:param name="told"/>
    <xsl:param name="files"/>
    <xsl:variable name="sizes" select="$told[@qualifier='extent'] | $files[@element='size']"/>
    <xsl:variable name="types" select="$told[@qualifier='mimetype' or not(@qualifier)]"/>
    <xsl:variable name="formats" select="$types | $files[@element='format'][not($types)]"/>
    <xsl:if test="$sizes">
      <sizes>
        <xsl:for-each select="$sizes">
          <size><xsl:value-of select="normalize-space()"/><xsl:if test="@mdschema='file'"> bytes</xsl:if></size>
        </xsl:for-each>
      </sizes>
    </xsl:if>
    <xsl:if test="$formats">
      <formats>
        <xsl:for-each select="$formats">
          <xsl:variable name="place" select="position()"/>
          <xsl:if test="not($formats[position() &lt; $place] = .)">
            <format><xsl:value-of select="normalize-space()"/></format>
          </xsl:if>
        </xsl:for-each>
      </formats>
    </xsl:if>
  </xsl:template>

  <!-- Each statement with its address; dc.rights and dc.rights.uri that come alone belong together. -->
  <xsl:template name="rights">
    <xsl:param name="rights"/>
    <xsl:variable name="texts" select="$rights[not(@qualifier='uri')]"/>
    <xsl:variable name="uris" select="$rights[@qualifier='uri']"/>
    <xsl:variable name="pair" select="count($texts) = 1 and count($uris) = 1"/>
    <xsl:if test="$rights">
      <rightsList>
        <xsl:for-each select="$texts">
          <rights>
            <xsl:call-template name="rights-uri"/>
            <xsl:if test="$pair"><xsl:for-each select="$uris"><xsl:call-template name="rights-uri"/></xsl:for-each></xsl:if>
            <xsl:call-template name="xml-lang"/>
            <xsl:value-of select="normalize-space()"/>
          </rights>
        </xsl:for-each>
        <xsl:for-each select="$uris[not($pair)]">
          <rights><xsl:call-template name="rights-uri"/><xsl:value-of select="normalize-space()"/></rights>
        </xsl:for-each>
      </rightsList>
    </xsl:if>
  </xsl:template>

  <!-- Abstracts, tables of contents, notes and series; not who handled the deposit, not who paid. -->
  <xsl:template name="descriptions">
    <xsl:param name="descriptions"/>
    <xsl:param name="series"/>
    <xsl:variable name="found">
      <xsl:for-each select="$descriptions">
        <xsl:variable name="type"><xsl:call-template name="of-table"><xsl:with-param name="table" select="$description-types"/></xsl:call-template></xsl:variable>
        <xsl:if test="$type != '' or not(@qualifier)">
          <description descriptionType="Other">
            <xsl:if test="$type != ''"><xsl:attribute name="descriptionType"><xsl:value-of select="$type"/></xsl:attribute></xsl:if>
            <xsl:call-template name="xml-lang"/>
            <xsl:value-of select="."/>
          </description>
        </xsl:if>
      </xsl:for-each>
      <xsl:for-each select="$series">
        <description descriptionType="SeriesInformation"><xsl:call-template name="xml-lang"/><xsl:value-of select="normalize-space()"/></description>
      </xsl:for-each>
    </xsl:variable>
    <xsl:if test="string($found) != ''">
      <descriptions><xsl:copy-of select="$found"/></descriptions>
    </xsl:if>
  </xsl:template>

  <xsl:template name="places">
    <xsl:param name="places"/>
    <xsl:if test="$places">
      <geoLocations>
        <xsl:for-each select="$places">
          <geoLocation><geoLocationPlace><xsl:value-of select="normalize-space()"/></geoLocationPlace></geoLocation>
        </xsl:for-each>
      </geoLocations>
    </xsl:if>
  </xsl:template>

  <!-- Who paid: by name, and by info:eu-repo/grantAgreement/Funder/Programme/Number/Jurisdiction/Title. -->
  <xsl:template name="funding">
    <xsl:param name="sponsors"/>
    <xsl:param name="grants"/>
    <xsl:if test="$sponsors or $grants">
      <fundingReferences>
        <xsl:for-each select="$grants">
          <xsl:variable name="parts" select="concat(substring-after(normalize-space(), $grant), '/////')"/>
          <xsl:variable name="funder" select="substring-before($parts, '/')"/>
          <xsl:variable name="rest" select="substring-after(substring-after($parts, '/'), '/')"/>
          <xsl:variable name="title" select="substring-before(substring-after(substring-after($rest, '/'), '/'), '/')"/>
          <xsl:if test="$funder != ''">
            <fundingReference>
              <xsl:choose>
                <xsl:when test="$funder = 'EC'">
                  <funderName>European Commission</funderName>
                  <funderIdentifier funderIdentifierType="Crossref Funder ID">https://doi.org/10.13039/501100000780</funderIdentifier>
                </xsl:when>
                <xsl:otherwise><funderName><xsl:value-of select="$funder"/></funderName></xsl:otherwise>
              </xsl:choose>
              <xsl:if test="substring-before($rest, '/') != ''"><awardNumber><xsl:value-of select="substring-before($rest, '/')"/></awardNumber></xsl:if>
              <xsl:if test="$title != ''"><awardTitle><xsl:value-of select="$title"/></awardTitle></xsl:if>
            </fundingReference>
          </xsl:if>
        </xsl:for-each>
        <xsl:for-each select="$sponsors">
          <fundingReference><funderName><xsl:value-of select="normalize-space()"/></funderName></fundingReference>
        </xsl:for-each>
      </fundingReferences>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
